import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { broken, Case, refused, Stage } from './cases';
import { HOSTILE_TASK } from './target';

interface Listed {
  id: string;
  name: string;
  revoked_at?: string | null;
}

/** Streams and waits end within two seconds of the revocation; the rest is for a slow machine. */
const ENDS_WITH_KEY_MS = 10_000;

/** Addresses inside, in the forms in which they are smuggled past a check. */
const INSIDE = [
  'http://127.0.0.1/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://localhost/',
  'https://localhost./',
  'https://user:pass@127.0.0.1/',
  'https://127.0.0.1:5432/',
  'https://①②⑦.⓪.⓪.①/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://127.0.0.1/',
  'javascript:alert(1)',
  'https://',
  `https://${'a'.repeat(64)}.example/`,
];

const HOSTILE_TITLES = [
  '</title><script src="http://127.0.0.1:9/x"></script>',
  '{{constructor.constructor("return process")()}}',
  '=HYPERLINK("http://127.0.0.1:9")',
  '\u202e\u202d'.repeat(90),
  'Z\u0335\u0322'.repeat(60),
  '👨‍👩‍👧‍👦'.repeat(15),
];

export const ACCESS_CASES: Case[] = [
  {
    name: 'callbacks to addresses inside',
    run: async ({ target, tenant }) => {
      const wrong: string[] = [];
      for (const url of INSIDE) {
        const body = { start_date: '2016-01-01', end_date: '2016-02-01', callback_url: url };
        wrong.push(
          ...refused(await target.call('POST', '/v1/orders/reports', { key: tenant.key, body }), 422),
        );
        const endpoint = { key: tenant.key, body: { url } };
        wrong.push(...refused(await target.call('POST', '/v1/webhooks/endpoints', endpoint), 422));
      }
      return wrong;
    },
  },
  ...HOSTILE_TITLES.map((title) => ({
    name: `a title that means something elsewhere (${JSON.stringify(title).slice(0, 30)}…)`,
    run: async ({ target, tenant }: Stage) => {
      const body = { start_date: '2016-01-01', end_date: '2016-02-01', title: title.slice(0, 200) };
      const answer = await target.call('POST', '/v1/orders/reports', { key: tenant.key, body });
      if (answer.status !== 202) return broken(answer);
      const { id } = JSON.parse(answer.body.toString()) as { id: string };
      const job = await target.ended(`/v1/jobs/${id}`, tenant.key, 120_000);
      return job['status'] === 'COMPLETED' ? [] : [`ended as ${JSON.stringify(job['error'])}`];
    },
  })),
  {
    name: 'links with signatures that were tampered with do not use up what keys need',
    run: async ({ target, tenant }) => {
      const wrong: string[] = [];
      for (let index = 0; index < 20; index += 1) {
        const path = `/v1/orders/reports/01900000-0000-7000-8000-0000000000${String(index).padStart(2, '0')}/file?expires=9999999999&signature=${'a'.repeat(43)}`;
        const answer = await target.call('GET', path, { key: null });
        wrong.push(...refused(answer, [403, 404, 429]));
      }
      const good = await target.call('GET', '/v1/orders', { key: tenant.key });
      return good.status === 200 ? wrong : [...wrong, `a good key was answered ${good.status}`];
    },
  },
  {
    name: 'files of reports are closed to other users of the machine',
    run: async ({ target, tenant }) => {
      const body = { start_date: '2016-01-01', end_date: '2016-02-01' };
      const { id } = await target.json('POST', '/v1/orders/reports', { key: tenant.key, body });
      await target.ended(`/v1/jobs/${String(id)}`, tenant.key, 120_000);
      const root = join(target.dataDir, 'artifacts');
      const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      );
      if (files.length === 0) return ['there is no file'];
      if (process.getuid?.() !== 0) return [];
      return files.flatMap(({ parentPath, name }) => {
        try {
          execFileSync('cat', [join(parentPath, name)], { uid: 65_534, gid: 65_534, stdio: 'pipe' });
          return [`${name} is readable by nobody`];
        } catch {
          return [];
        }
      });
    },
  },
  {
    name: 'a stream and a waiting request end with their key',
    run: async ({ target }) => {
      const { id, key, keyId } = await target.newTenant();
      const body = { type: HOSTILE_TASK, parameters: {} };
      const job = `/v1/jobs/${String((await target.json('POST', '/v1/jobs', { key, body }))['id'])}`;
      const open = [
        target.call('GET', `${job}/events`, { key }),
        target.call('GET', job, { key, headers: { prefer: 'wait=50' } }),
      ].map((answer) => answer.then(() => true));
      const revoked = await target.call('DELETE', `/v1/clients/${id}/keys/${keyId}`, {
        key: target.adminKey,
      });
      const wrong = revoked.status === 204 ? [] : [`revoking answered ${revoked.status}`];
      wrong.push(...refused(await target.call('GET', '/v1/orders', { key }), 401, 'invalid_key'));
      for (const [index, ended] of open.entries())
        if (!(await Promise.race([ended, sleep(ENDS_WITH_KEY_MS, false)])))
          wrong.push(`${index === 0 ? 'the stream' : 'the waiting request'} outlived its key`);
      return wrong;
    },
  },
  {
    name: 'a configured key that was revoked is not revived by the next start',
    run: async ({ target }) => {
      const admin = { key: target.adminKey };
      const list = async (path: string, cursor = ''): Promise<Listed[]> => {
        const page = await target.json('GET', `${path}?page_size=100${cursor}`, admin);
        const next = page['next_cursor'] as string | null;
        const rest = next === null ? [] : await list(path, `&cursor=${encodeURIComponent(next)}`);
        return [...(page['data'] as Listed[]), ...rest];
      };
      const demo = (await list('/v1/clients')).find(({ name }) => name === 'Demo');
      const keys = `/v1/clients/${demo?.id ?? ''}/keys`;
      for (const { id, revoked_at } of await list(keys))
        if (!revoked_at) await target.call('DELETE', `${keys}/${id}`, admin);
      const before = refused(await target.call('GET', '/v1/orders', { key: target.demoKey }), 401);
      await target.stop();
      await target.start();
      return [...before, ...refused(await target.call('GET', '/v1/orders', { key: target.demoKey }), 401)];
    },
  },
  {
    name: '650 requests with nonsense keys lock out no good key, not even one that the process has not seen',
    run: async ({ target }) => {
      const { key } = await target.newTenant();
      const answers = await Promise.all(
        // Of two windows that they may fall into, one has more than 300.
        Array.from({ length: 650 }, (_, index) =>
          target.call('GET', '/v1/orders', { key: `ork_nonsense_${index}_${'x'.repeat(24)}` }),
        ),
      );
      const wrong = answers.flatMap((answer) => refused(answer, [401, 429]));
      if (!answers.some(({ status }) => status === 429)) wrong.push('nonsense was never refused with 429');
      const good = await target.call('GET', '/v1/orders', { key });
      return good.status === 200 ? wrong : [...wrong, `a good key was answered ${good.status}`];
    },
  },
];
