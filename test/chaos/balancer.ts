import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distributionProgram } from '../support/distribution-program';
import { freePort } from '../support/services';
import { ServiceProcess, type Application } from './service-process';

/** HAProxy before the APIs. */
export class Balancer extends ServiceProcess {
  private constructor(
    program: { path: string; env: NodeJS.ProcessEnv },
    folder: string,
    file: string,
    readonly url: string,
    private readonly statusUrl: string,
  ) {
    super({
      name: 'HAProxy',
      command: program.path,
      args: ['-db', '-f', file],
      options: { cwd: folder, env: program.env },
      logFile: join(folder, 'haproxy.log'),
      isReady: async () => (await csvOf(statusUrl)) !== '',
    });
  }

  /** @throws Error that says why HAProxy cannot be had on this machine */
  static async before(apis: Application[], folder: string, log: (line: string) => void): Promise<Balancer> {
    const program = await distributionProgram({ name: 'haproxy', folder: '/usr/sbin', log });
    const [port, statusPort] = [await freePort(), await freePort()];
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configuration(apis, port, statusPort));
    return new Balancer(program, folder, file, `http://127.0.0.1:${port}`, `http://127.0.0.1:${statusPort}`);
  }

  /** Whether requests are sent to this API. */
  async sendsTo(api: Application): Promise<boolean> {
    const [head = '', ...rows] = (await csvOf(this.statusUrl)).split('\n');
    const columns = head.replace('# ', '').split(',');
    const row = rows.map((line) => line.split(',')).find((values) => values[1] === nameOf(api));
    return row?.[columns.indexOf('status')] === 'UP';
  }
}

/**
 * As operators commonly have it, but that nothing is ever tried again: what a caller is spared has to be spared by the
 * service.
 */
function configuration(apis: Application[], port: number, statusPort: number): string {
  const servers = apis.map((api) => `  server ${nameOf(api)} ${new URL(api.url).host}`);
  return `global
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  retries 0
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout check 3s
frontend callers
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend apis
frontend status
  bind 127.0.0.1:${statusPort}
  stats enable
  stats uri /
backend apis
  balance roundrobin
  option httpchk GET /health/ready
  http-check expect status 200
  default-server check inter 1s fall 2 rise 1
${servers.join('\n')}
`;
}

const nameOf = (api: Application): string => api.name.replace(' ', '-');

const csvOf = (statusUrl: string): Promise<string> =>
  fetch(`${statusUrl}/;csv`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => (answer.ok ? answer.text() : ''),
    () => '',
  );
