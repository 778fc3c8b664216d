import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError, notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { ListOf, Page, pageSize, PageQuery } from '../common/pagination';
import { Cursors } from '../database/cursors.service';
import { Actor, actorParameters, writeAudit } from './audit-entry';

/** A row of the client table. */
export interface ClientRow {
  id: string;
  name: string;
  created_at: Date;
}

const CLIENTS: ListOf = { list: 'clients', clientId: null };

/** Creates and reads clients, for operators. */
@Injectable()
export class Clients {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: Cursors,
  ) {}

  /** @throws AppError 409 `client_exists` when the name is taken */
  async create(actor: Actor, name: string): Promise<ClientRow> {
    const rows = await this.dataSource.query<ClientRow[]>(
      `WITH made AS (
         INSERT INTO client (id, name) VALUES ($4, $5) ON CONFLICT (name) DO NOTHING RETURNING id, name, created_at
       ), ${writeAudit('client.created', `id, NULL, jsonb_build_object('name', name) FROM made`)}
       SELECT * FROM made`,
      [...actorParameters(actor), newId(), name],
    );
    if (rows[0] === undefined)
      throw new AppError('conflict', 'client_exists', 'There is a client of this name already.');
    return rows[0];
  }

  /** @throws AppError 404 */
  async get(id: string): Promise<ClientRow> {
    const rows = await this.dataSource.query<ClientRow[]>(
      'SELECT id, name, created_at FROM client WHERE id = $1',
      [id],
    );
    if (rows[0] === undefined) throw notFound('client');
    return rows[0];
  }

  /** Newest first. */
  async list<T>(query: PageQuery, present: (client: ClientRow) => T): Promise<Page<T>> {
    const [before] = await this.cursors.read(query.cursor, ['id'], CLIENTS);
    const size = pageSize(query);
    const rows = await this.dataSource.query<ClientRow[]>(
      `SELECT id, name, created_at FROM client WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
      [before ?? null, size + 1],
    );
    return this.cursors.page(rows, size, present, ({ id }) => [id], CLIENTS);
  }
}
