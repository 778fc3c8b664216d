import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, IsNull, LessThan, Repository } from 'typeorm';
import { AppError, notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { ListOf, Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { Actor, actorParameters, writeAudit } from './audit-entry';
import { ClientEntity } from './client.entity';

const CLIENTS: ListOf = { list: 'clients', clientId: null };

/** Creates and reads clients, for operators. */
@Injectable()
export class ClientsService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(ClientEntity) private readonly clients: Repository<ClientEntity>,
    private readonly cursors: CursorsService,
  ) {}

  /** @throws AppError 409 `client_exists` when the name is taken */
  async create(actor: Actor, name: string): Promise<ClientEntity> {
    const rows = await this.dataSource.query<ClientEntity[]>(
      `WITH made AS (
         INSERT INTO client (id, name) VALUES ($4, $5) ON CONFLICT (name) DO NOTHING RETURNING *
       ), ${writeAudit('client.created', `id, NULL, jsonb_build_object('name', name) FROM made`)}
       SELECT * FROM made`,
      [...actorParameters(actor), newId(), name],
    );
    if (rows[0] === undefined)
      throw new AppError('conflict', 'client_exists', 'There is a client of this name already.');
    return rows[0];
  }

  /** @throws AppError 404 */
  async get(id: string): Promise<ClientEntity> {
    const client = await this.clients.findOneBy({ id, erased_at: IsNull() });
    if (client === null) throw notFound('client');
    return client;
  }

  /** Newest first. */
  async list<T>(query: PageQuery, present: (client: ClientEntity) => T): Promise<Page<T>> {
    const [before] = await this.cursors.read(query.cursor, ['id'], CLIENTS);
    const size = pageSize(query);
    const rows = await this.clients.find({
      where: { erased_at: IsNull(), ...(before !== undefined && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: size + 1,
    });
    return this.cursors.page(rows, size, present, ({ id }) => [id], CLIENTS);
  }
}
