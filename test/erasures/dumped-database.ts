import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DistributionPostgres, RunningPostgres } from '../support/distribution-postgres';

const DATABASE = 'order_reports';

/** A line of a dump, and the table whose row it is. */
export interface DumpLine {
  table: string | null;
  text: string;
}

/** A database in the distribution's Postgres: the embedded one has no `pg_dump`. */
export class DumpedDatabase {
  private dumps = 0;

  private constructor(
    private readonly distribution: DistributionPostgres,
    private readonly server: RunningPostgres,
    private readonly password: string,
    private readonly folder: string,
  ) {}

  static async start(distribution: DistributionPostgres): Promise<DumpedDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'order-reports-dump-'));
    // Whom the server runs as passes through.
    chmodSync(folder, 0o711);
    const dir = join(folder, 'postgres');
    const password = await distribution.createCluster(dir);
    const server = await distribution.start(dir, password, { fsync: 'off' });
    await server.query(`CREATE DATABASE ${DATABASE}`);
    return new DumpedDatabase(distribution, server, password, folder);
  }

  get url(): string {
    return this.server.url(DATABASE);
  }

  query(text: string): Promise<unknown> {
    return this.server.query(text, DATABASE);
  }

  /** The whole database, as `pg_dump` writes it. */
  async dump(): Promise<DumpLine[]> {
    const dir = join(this.folder, `dump-${(this.dumps += 1)}`);
    await this.distribution.makeFolder(dir);
    const file = join(dir, 'dump.sql');
    await this.distribution.run(
      'pg_dump',
      ['--host=127.0.0.1', `--port=${this.server.port}`, '--username=postgres', `--file=${file}`, DATABASE],
      { PGPASSWORD: this.password },
    );
    return linesOf(readFileSync(file, 'utf8'));
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function linesOf(dump: string): DumpLine[] {
  let table: string | null = null;
  return dump.split('\n').map((text) => {
    const started = /^COPY \S+\.(\S+) \(/.exec(text)?.[1];
    if (started !== undefined) table = started;
    else if (text === '\\.') table = null;
    // As COPY writes a backslash.
    return { table, text: text.replaceAll('\\\\', '\\') };
  });
}
