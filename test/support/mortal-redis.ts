import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisBinary } from '../../src/embedded/redis-binary';
import { redisCommand } from './redis-command';
import { RunningProcess } from './running-process';
import { freePort, waitFor } from './services';

/** Ends the server together with the test, whose end closes our standard input. */
const WITH_THE_TEST = '"$0" "$@" & read -r _; kill -KILL $!';

/** A Redis of a test's own that keeps nothing on disk: it can be killed, and comes back empty on the same port. */
export class MortalRedis {
  private constructor(
    readonly url: string,
    private readonly run: () => Promise<RunningProcess>,
    private readonly folder: string,
    private process: RunningProcess,
  ) {}

  static async start(): Promise<MortalRedis> {
    const folder = mkdtempSync(join(process.env['TEST_FILES_DIR'] ?? tmpdir(), 'mortal-redis-'));
    const [port, password] = [await freePort(), randomBytes(24).toString('hex')];
    const url = `redis://:${password}@127.0.0.1:${port}/0`;
    const binary = await findRedisBinary(() => undefined);
    const settings = {
      bind: '127.0.0.1',
      port,
      requirepass: password,
      save: '',
      appendonly: 'no',
      dir: folder,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const run = async (): Promise<RunningProcess> => {
      const server = await RunningProcess.start('/bin/sh', ['-c', WITH_THE_TEST, binary.path, ...args], {
        env: binary.env,
      });
      await waitFor(async () => (await redisCommand(url, 'PING')) === 'PONG', { what: 'Redis to answer' });
      return server;
    };
    return new MortalRedis(url, run, folder, await run());
  }

  /** By SIGKILL: what it held is lost. */
  async killAndRestart(): Promise<void> {
    await this.kill();
    this.process = await this.run();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async kill(): Promise<void> {
    this.process.signalGroup('SIGKILL');
    await this.process.exited();
  }
}
