import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

const KEY_BYTES = 32;

/** Keys that all processes share and that nobody has to configure: each is made by the first that needs it. */
@Injectable()
export class SharedKeysService {
  private readonly keys = new Map<string, Promise<Buffer>>();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns 32 random bytes, the same in every process of this database */
  get(name: string): Promise<Buffer> {
    const known = this.keys.get(name);
    if (known !== undefined) return known;
    const key = this.read(name).catch((error: unknown) => {
      this.keys.delete(name);
      throw error;
    });
    this.keys.set(name, key);
    return key;
  }

  private async read(name: string): Promise<Buffer> {
    await this.dataSource.query(
      'INSERT INTO shared_key (name, key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [name, randomBytes(KEY_BYTES)],
    );
    const rows = await this.dataSource.query<{ key: Buffer }[]>(
      'SELECT key FROM shared_key WHERE name = $1',
      [name],
    );
    if (rows[0] === undefined) throw new Error(`The shared key "${name}" was just deleted.`);
    return rows[0].key;
  }
}
