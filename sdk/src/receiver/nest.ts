/**
 * A middleware for Nest, in an application that is created with `{ rawBody: true }`:
 *
 * ```ts
 * configure(consumer: MiddlewareConsumer) {
 *   consumer.apply(receiveEvents({ keys, onEvent: (event) => this.reports.received(event) })).forRoutes('hooks');
 * }
 * ```
 */
export { receiveEvents } from './node-handler.ts';
