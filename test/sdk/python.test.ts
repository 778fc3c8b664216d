import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { distributionProgram } from '../support/distribution-program';
import { TestApp } from '../support/test-app';
import { FaultyProxy } from './faulty-proxy';

const run = promisify(execFile);

test('the Python client does what it says, on a way that loses answers and breaks downloads', async () => {
  const app = await TestApp.start({ EXTERNAL_TASK_TYPES: 'python.task' });
  const proxy = await FaultyProxy.before(app.url);
  try {
    const { key } = await app.client('python');
    const lost = new Set<string>();
    proxy.faultOf = (method, path, headers) => {
      if (path.includes('format=xlsx')) return { cutAfter: 0 };
      const once = `${method} ${path} ${String(headers['idempotency-key'])}`;
      if (lost.has(once)) return undefined;
      lost.add(once);
      if (method === 'POST') return { cutAfter: -1 };
      // What is no JSON is no answer of the service.
      if (path.endsWith('newest=true')) return { status: 200, body: '<html>' };
      return path.includes('format=csv') ? { cutAfter: 5_000 } : undefined;
    };
    const python = await distributionProgram({ name: 'python3', folder: '/usr/bin', log: () => undefined });
    const { stderr } = await run(
      python.path,
      ['-B', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'],
      {
        cwd: resolve(__dirname, '../../sdk/python'),
        env: { ...python.env, ORDER_REPORTS_URL: proxy.url, ORDER_REPORTS_KEY: key },
      },
    );
    expect(stderr).toMatch(/Ran 21 tests[\s\S]*OK/);
    expect(proxy.seen.filter((each) => each.includes('format=csv'))).toHaveLength(2);
  } finally {
    await proxy.close();
    await app.stop();
  }
});
