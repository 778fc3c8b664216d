import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from './look-up-transaction';

/** For how long a reading serves the whole fleet. */
const FRESH_SECONDS = 5;

export interface FleetGauge {
  name: string;
  help: string;
  /** Answers `value`, and `label` where the gauge has one. What it reads must be bounded, and have an index. */
  sql: string;
  parameters?: () => unknown[];
  label?: string;
}

interface Value {
  label?: string;
  value: number;
}

/**
 * Gauges of what stands in Postgres, absent while that is away. Who is scraped first reads for all processes and leaves the
 * values in the table `gauge_reading`, so that a larger fleet costs the database no more.
 */
@Injectable()
export class FleetGauges {
  constructor(
    private readonly registry: Registry,
    private readonly dataSource: DataSource,
  ) {}

  add(gauge: FleetGauge): void {
    const { name, help, label } = gauge;
    const made: Gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
      collect: async () => {
        const values = await this.read(gauge).catch(() => null);
        made.reset();
        // One without labels would be reset to 0, which says that all is well.
        if (label === undefined) made.remove();
        if (values !== null)
          for (const each of values)
            made.set(label === undefined ? {} : { [label]: each.label ?? '' }, each.value);
      },
    });
  }

  private async read({ name, sql, parameters }: FleetGauge): Promise<Value[]> {
    const mine = await this.dataSource.query<unknown[]>(
      `INSERT INTO gauge_reading AS r (name) VALUES ($1)
       ON CONFLICT (name) DO UPDATE SET read_at = clock_timestamp()
         WHERE r.read_at < clock_timestamp() - make_interval(secs => $2)
       RETURNING name`,
      [name, FRESH_SECONDS],
    );
    if (mine.length === 0) {
      const [left] = await this.dataSource.query<{ values: Value[] | null }[]>(
        'SELECT values FROM gauge_reading WHERE name = $1',
        [name],
      );
      if (left?.values) return left.values;
    }
    const values = await lookUpTransaction(this.dataSource, false, (manager) =>
      manager.query<Value[]>(sql, parameters?.() ?? []),
    );
    await this.dataSource.query('UPDATE gauge_reading SET values = $2 WHERE name = $1', [
      name,
      JSON.stringify(values),
    ]);
    return values;
  }
}
