import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { decodeCursor, Page, pageSize, PageQuery, toPage } from '../common/pagination';
import type { AuditEntry } from './audit-entry';

/** Reads the administrative acts. */
@Injectable()
export class AuditTrail {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list<T>(
    clientId: string | undefined,
    query: PageQuery,
    present: (entry: AuditEntry) => T,
  ): Promise<Page<T>> {
    const filter = { clientId };
    const [before] = decodeCursor(query.cursor, 1, filter) ?? [];
    const size = pageSize(query);
    const rows = await this.dataSource.query<AuditEntry[]>(
      `SELECT * FROM audit_entry
       WHERE ($1::uuid IS NULL OR client_id = $1) AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [clientId ?? null, before ?? null, size + 1],
    );
    return toPage(rows, size, present, ({ id }) => [id], filter);
  }
}
