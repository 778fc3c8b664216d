import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distributionProgram } from '../support/distribution-program';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';

/** nginx before the service, with its own settings wherever a server says nothing else. */
export class Nginx {
  private constructor(
    private readonly process: RunningProcess,
    private readonly folder: string,
  ) {}

  /**
   * @param servers the `server` blocks of its configuration
   * @param url of one of them
   * @throws Error that says why nginx cannot be had on this machine, or does not start
   */
  static async start(servers: string, url: string): Promise<Nginx> {
    const { path, env } = await distributionProgram({
      name: 'nginx',
      folder: '/usr/sbin',
      log: () => undefined,
    });
    const folder = mkdtempSync(join(tmpdir(), 'order-reports-nginx-'));
    // As root, its workers run as another user.
    chmodSync(folder, 0o755);
    const file = join(folder, 'nginx.conf');
    const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
      mkdirSync(join(folder, name));
      return `${name}_temp_path ${join(folder, name)};`;
    });
    writeFileSync(
      file,
      `daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr;
events {}
http {
  access_log off;
  ${kept.join('\n  ')}
${servers}
}
`,
    );
    const process = await RunningProcess.start(path, ['-c', file, '-p', folder, '-e', 'stderr'], { env });
    try {
      await waitFor(() => (process.isRunning ? answers(url) : Promise.reject(new Error(process.output))), {
        what: 'nginx',
      });
    } catch (error) {
      process.signal('SIGKILL');
      throw error;
    }
    return new Nginx(process, folder);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { redirect: 'manual' }).then(
    (answer) => answer.body?.cancel().then(() => true) ?? true,
    () => false,
  );
