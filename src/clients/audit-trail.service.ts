import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { Cursors } from '../database/cursors.service';
import type { AuditEntry } from './audit-entry';

/** Reads the administrative acts. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: Cursors,
  ) {}

  /** Newest first. */
  async list<T>(
    clientId: string | undefined,
    query: PageQuery,
    present: (entry: AuditEntry) => T,
  ): Promise<Page<T>> {
    const of = { list: 'audit', clientId: clientId ?? null };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.dataSource.query<AuditEntry[]>(
      `SELECT * FROM audit_entry
       WHERE ($1::uuid IS NULL OR client_id = $1) AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [clientId ?? null, before ?? null, size + 1],
    );
    return this.cursors.page(rows, size, present, ({ id }) => [id], of);
  }
}
