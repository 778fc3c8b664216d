import { Nginx } from '../proxy/nginx';
import { freePort } from '../support/services';
import type { Cell } from './cell';

/** A submission that waits as long as it may, behind a proxy that gives up after 60 seconds unless it is set otherwise. */
export const NGINX_WAIT: Cell = {
  part: 'On the way',
  name: 'nginx with its defaults, before a submission with `Prefer: wait=50` that nobody works on',
  settings: { ROLE: 'api', SAMPLE_DATA: 'false' },
  run: async ({ service, key }) => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const nginx = await Nginx.start(
      `server { listen ${new URL(url).host}; location / { proxy_pass ${service.url}; } }`,
      url,
    );
    try {
      const started = performance.now();
      const answer = await fetch(`${url}/v1/orders/reports`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Prefer: 'wait=50' },
        body: JSON.stringify({ start_date: '2016-01-01', end_date: '2017-01-01' }),
      });
      const seconds = Math.round((performance.now() - started) / 1_000);
      const [location, applied] = ['location', 'preference-applied'].map((name) => answer.headers.get(name));
      if (answer.status !== 202 || location === null || applied !== 'wait=50')
        throw new Error(`${answer.status} after ${seconds} s: ${await answer.text()}`);
      const status = await fetch(new URL(location!, url), { headers: { Authorization: `Bearer ${key}` } });
      if (status.status !== 200) throw new Error(`${location}: ${status.status} ${await status.text()}`);
      return {
        version: (answer.headers.get('server') ?? '').replace('/', ' '),
        did: `202 with \`Location\` after ${seconds} s, which answers 200 there`,
      };
    } finally {
      await nginx.stop();
    }
  },
};
