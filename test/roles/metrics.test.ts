import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestApp } from '../support/test-app';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');

/** `gauge`, `counter` or `histogram`, by the name of the metric. */
const documented = Object.fromEntries(
  [...DOCUMENT.matchAll(/^\| `(\w+)` +\| (\w+)/gm)].map(([, name, kind]) => [
    name,
    kind === 'fleet' ? 'gauge' : kind,
  ]),
);
const alarms = DOCUMENT.slice(DOCUMENT.indexOf('## Alarms'));
const inAlarms = [...alarms.matchAll(/(?:job|store|webhook|process|nodejs)s?_[a-z0-9_]+(?=[`{[)\s])/g)].map(
  ([name]) => name,
);

it.each(['api', 'worker'])(
  '/metrics of a process of the role %s has what docs/metrics.md lists',
  async (ROLE) => {
    const app = await TestApp.start({ ROLE });
    try {
      const { status, body } = await app.call('GET', '/metrics', { key: null });
      expect(status).toBe(200);
      const shown = Object.fromEntries(
        [...String(body).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]),
      );
      expect(Object.keys(documented).length).toBeGreaterThan(10);
      // Besides those of prom-client itself.
      const ours = Object.entries(shown).filter(([name]) => !/^(process|nodejs)_/.test(name));
      expect(Object.fromEntries(ours)).toEqual(documented);
      expect(inAlarms.filter((name) => !(name in shown))).toEqual([]);
    } finally {
      await app.stop();
    }
  },
);
