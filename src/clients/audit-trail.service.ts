import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { AuditEntryEntity } from './audit-entry.entity';

/** Reads the administrative acts. */
@Injectable()
export class AuditTrailService {
  constructor(
    @InjectRepository(AuditEntryEntity) private readonly entries: Repository<AuditEntryEntity>,
    private readonly cursors: CursorsService,
  ) {}

  /** Newest first. */
  async list<T>(
    clientId: string | undefined,
    query: PageQuery,
    present: (entry: AuditEntryEntity) => T,
  ): Promise<Page<T>> {
    const of = { list: 'audit', clientId: clientId ?? null };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.entries.find({
      where: {
        ...(clientId !== undefined && { client_id: clientId }),
        ...(before !== undefined && { id: LessThan(before) }),
      },
      order: { id: 'DESC' },
      take: size + 1,
    });
    return this.cursors.page(rows, size, present, ({ id }) => [id], of);
  }
}
