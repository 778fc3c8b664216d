import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NIL_ID } from '../../common/ids';
import { actorParameters, START, writeAudit } from '../../clients/audit-entry';
import { SealBrokenError, SealedBox } from './sealed-box';

const BATCH = 500;

/** What is sealed, and what each value is bound to. */
const PLACES = [
  { table: 'webhook_secret', column: 'sealed', owner: 'webhook_secret' },
  { table: 'webhook_endpoint', column: 'client_key', owner: 'webhook_endpoint' },
  { table: 'webhook_endpoint', column: 'headers', owner: 'webhook_endpoint.headers' },
] as const;

type Place = (typeof PLACES)[number];

/** After a rotation of the master key: seals anew, under the current key, what an old one sealed. */
@Injectable()
export class ResealService implements OnApplicationBootstrap {
  private readonly logger = new Logger(ResealService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SealedBox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const place of PLACES) {
      const done = await this.reseal(place);
      if (done > 0)
        this.logger.log(`${done} secret(s) of ${place.owner} sealed anew under the current master key.`);
    }
  }

  /** @returns how many were sealed anew */
  private async reseal(place: Place): Promise<number> {
    const { table, column, owner } = place;
    let done = 0;
    for (let after = NIL_ID; ;) {
      const rows = await this.dataSource.query<{ id: string; sealed: Buffer }[]>(
        `SELECT id, ${column} AS sealed FROM ${table}
         WHERE id > $1 AND ${column} IS NOT NULL AND substring(${column} FROM 1 FOR ${this.box.currentPrefix.length}) <> $2
         ORDER BY id LIMIT ${BATCH}`,
        [after, this.box.currentPrefix],
      );
      for (const { id, sealed } of rows) {
        if (await this.resealOne(place, id, sealed)) done += 1;
        else
          this.logger.error(
            `The secret of ${owner} ${id} cannot be opened: add the master key that sealed it to WEBHOOK_MASTER_KEYS.`,
          );
      }
      const last = rows.at(-1);
      if (last === undefined) return done;
      after = last.id;
    }
  }

  private async resealOne(place: Place, id: string, sealed: Buffer): Promise<boolean> {
    const { table, column } = place;
    const owner = `${place.owner} ${id}`;
    try {
      const again = this.box.seal(this.box.open(sealed, owner), owner);
      await this.dataSource.query(
        `WITH changed AS (
           UPDATE ${table} SET ${column} = $6 WHERE id = $4 AND ${column} = $5 RETURNING id, client_id
         ), ${writeAudit(
           'secret.resealed',
           `client_id, NULL::uuid, jsonb_build_object('${table}', id) FROM changed`,
         )}
         SELECT FROM changed`,
        [...actorParameters(START), id, sealed, again],
      );
      return true;
    } catch (error) {
      if (error instanceof SealBrokenError) return false;
      throw error;
    }
  }
}
