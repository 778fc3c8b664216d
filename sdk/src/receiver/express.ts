/** For Express: `app.post('/hooks', receiveEvents({ keys, onEvent }))`, before any `express.json()`. For `node:http` too. */
export { receiveEvents } from './node-handler.ts';
