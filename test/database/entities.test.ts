import { DataSource, type EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { dataSourceOptions } from '../../src/database/connection';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

interface Column {
  name: string;
  type: string;
  nullable: boolean;
  primary: boolean;
}

const byName = (one: Column, other: Column): number => (one.name < other.name ? -1 : 1);

/** As Postgres writes it: `numeric(19,4)`, `text[]`. */
function typeOf(column: ColumnMetadata): string {
  const size = column.scale === undefined ? '' : `(${column.precision},${column.scale})`;
  return `${dataSource.driver.normalizeType(column)}${size}${column.isArray ? '[]' : ''}`;
}

const declared = ({ columns }: EntityMetadata): Column[] =>
  columns
    .map((column) => ({
      name: column.databaseName,
      type: typeOf(column),
      nullable: column.isNullable,
      primary: column.isPrimary,
    }))
    .sort(byName);

async function migrated(table: string): Promise<Column[]> {
  const columns = await dataSource.query<Column[]>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
       coalesce(a.attnum = ANY(i.indkey), false) AS primary
     FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    [table],
  );
  return columns.sort(byName);
}

it('the entities are those that have a table and plain reads or writes', () => {
  expect(dataSource.entityMetadatas.map(({ tableName }) => tableName).sort()).toEqual([
    'api_key',
    'audit_entry',
    'brand',
    'brand_logo',
    'client',
    'erasure',
    'job',
    'order_line',
    'orders',
    'webhook_endpoint',
    'webhook_settings',
  ]);
});

it('entities and migrations agree in tables, columns, types, nullability and primary keys', async () => {
  for (const metadata of dataSource.entityMetadatas) {
    const { tableName: table } = metadata;
    expect({ table, columns: declared(metadata) }).toEqual({ table, columns: await migrated(table) });
  }
});
