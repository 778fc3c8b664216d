import type { EntityManager } from 'typeorm';
import { ORDER_LIMITS } from '../order-limits';
import { insertChanges, writersLock } from '../order-changes';
import type { ImportedLine } from './csv-row';
import { MAX_ROW_ERRORS, RowError, RowErrors } from './import-failures';

/** Columns in which all rows of an order must agree: its own, not those of its lines. */
const SHARED_COLUMNS = ['ordered_at', 'status', 'currency', 'customer_name', 'customer_reference'] as const;

/**
 * The lines of a file on their way into the order book: temporary tables of one connection, so that the size of a
 * file costs disk and not memory, and so that the rows of an order may stand anywhere in it.
 */
export class OrderStaging {
  constructor(
    private readonly manager: EntityManager,
    private readonly clientId: string,
    /** Of the import; `null` for the sample. */
    private readonly jobId: string | null,
  ) {}

  async create(): Promise<void> {
    await this.manager.query(`
      DROP TABLE IF EXISTS import_line, import_order;
      CREATE TEMPORARY TABLE import_line (
        row_number integer NOT NULL,
        number text NOT NULL,
        ordered_at timestamptz NOT NULL,
        status text NOT NULL,
        currency text NOT NULL,
        customer_name text NOT NULL,
        customer_reference text,
        sku text NOT NULL,
        description text NOT NULL,
        quantity numeric NOT NULL,
        unit_price numeric NOT NULL,
        total numeric NOT NULL
      )`);
  }

  async drop(): Promise<void> {
    // On a connection that is broken nothing is left to drop; on any other, `create` would find it.
    await this.manager.query('DROP TABLE IF EXISTS import_line, import_order').catch(() => undefined);
  }

  async add(lines: ImportedLine[]): Promise<void> {
    await this.manager.query(
      `INSERT INTO import_line SELECT * FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
         $6::text[], $7::text[], $8::text[], $9::text[], $10::numeric[], $11::numeric[], $12::numeric[])`,
      [
        lines.map((line) => line.row),
        lines.map((line) => line.orderNumber),
        lines.map((line) => line.orderedAt),
        lines.map((line) => line.status),
        lines.map((line) => line.currency),
        lines.map((line) => line.customerName),
        lines.map((line) => line.customerReference),
        lines.map((line) => line.sku),
        lines.map((line) => line.description),
        lines.map((line) => line.quantity),
        lines.map((line) => line.unitPrice),
        lines.map((line) => line.total),
      ],
    );
  }

  /** Puts the lines together to orders, and finds what is wrong with them as such. */
  async group(errors: RowErrors): Promise<void> {
    const agree = SHARED_COLUMNS.map(
      (column) => `min(${column}) IS NOT DISTINCT FROM max(${column}) AND count(${column}) IN (0, count(*))`,
    );
    await this.manager.query(`
      SET LOCAL work_mem = '64MB';
      ANALYZE import_line;
      CREATE TEMPORARY TABLE import_order AS
      SELECT uuid_v7() AS id, number, min(row_number) AS first_row, sum(total) AS total, count(*)::int AS line_count,
        ${SHARED_COLUMNS.map((column) => `min(${column}) AS ${column}`).join(', ')},
        ${agree.join(' AND ')} AS consistent
      FROM import_line GROUP BY number;
      CREATE UNIQUE INDEX ON import_order (number);
      ANALYZE import_order`);
    await this.collect(errors, disagreements());
    await this.collect(
      errors,
      `SELECT first_row AS row, 'order_number' AS field,
         'order ' || number || ' has ' || line_count || ' lines, more than ${ORDER_LIMITS.linesPerOrder}' AS message
       FROM import_order WHERE line_count > ${ORDER_LIMITS.linesPerOrder}`,
    );
    await this.collect(
      errors,
      `SELECT first_row AS row, 'order_number' AS field, 'the total of order ' || number || ' is too large' AS message
       FROM import_order WHERE abs(total) >= 1e15`,
    );
  }

  /** Finds the orders that the client has already. Another writer may still be faster: `store` finds out. */
  async findExisting(errors: RowErrors): Promise<void> {
    await this.collect(
      errors,
      `SELECT i.first_row AS row, 'order_number' AS field, 'order ' || i.number || ' exists already' AS message
       FROM import_order i JOIN orders o ON o.client_id = $1 AND o.number = i.number AND o.id <> i.id`,
      [this.clientId],
    );
  }

  /**
   * Moves everything into the order book.
   *
   * @returns how many orders and lines; fewer than staged when an order of that number was written meanwhile
   */
  async store(): Promise<{ orders: number; lines: number }> {
    const [orders] = await this.manager.query<{ count: number }[]>(
      `WITH writing AS MATERIALIZED (${writersLock('$1')}), stored AS (
         INSERT INTO orders (id, client_id, number, ordered_at, status, currency, customer_name, customer_reference,
           subtotal, discount_total, shipping_total, tax_total, tax_included, adjustment_total, refunded_total, line_count)
         SELECT id, $1, number, ordered_at, status, currency, customer_name, customer_reference,
           total, total - total, total - total, total - total, false, total - total,
           CASE WHEN status = 'refunded' THEN greatest(total, total - total) ELSE total - total END, line_count
         -- In one order, so that two imports of the same numbers wait for each other instead of deadlocking.
         FROM writing, import_order ORDER BY number
         ON CONFLICT (client_id, number) DO NOTHING RETURNING id, number, version
       ), changes AS (
         ${insertChanges('stored', 'created', { client: '$1', key: 'NULL', job: '$2' })}
       )
       SELECT count(*)::int AS count FROM stored`,
      [this.clientId, this.jobId],
    );
    const [lines] = await this.manager.query<{ count: number }[]>(
      `WITH stored AS (
         INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
         SELECT o.id, row_number() OVER (PARTITION BY o.id ORDER BY l.row_number), l.sku, l.description, l.quantity,
           l.unit_price, l.total
         FROM import_line l JOIN import_order i USING (number) JOIN orders o ON o.id = i.id
         RETURNING 1
       )
       SELECT count(*)::int AS count FROM stored`,
    );
    return { orders: orders?.count ?? 0, lines: lines?.count ?? 0 };
  }

  private async collect(errors: RowErrors, query: string, parameters: unknown[] = []): Promise<void> {
    const rows = await this.manager.query<(RowError & { total: number })[]>(
      `SELECT "row", field, message, count(*) OVER ()::int AS total FROM (${query}) AS wrong
       ORDER BY "row" LIMIT ${MAX_ROW_ERRORS}`,
      parameters,
    );
    errors.addMany(
      rows.map(({ row, field, message }) => ({ row, field, message })),
      rows[0]?.total ?? 0,
    );
  }
}

/** The rows that say something else of their order than its first row does. */
const disagreements = (): string => `
  SELECT l.row_number AS row, difference.field,
    'order ' || l.number || ' has another ' || difference.field || ' in row ' || i.first_row AS message
  FROM import_order i
  JOIN import_line first ON first.row_number = i.first_row
  JOIN import_line l ON l.number = i.number
  CROSS JOIN LATERAL (VALUES
    ${SHARED_COLUMNS.map((column) => `('${column}', l.${column} IS DISTINCT FROM first.${column})`).join(', ')}
  ) AS difference (field, present)
  WHERE NOT i.consistent AND difference.present`;
