import { type CsvRecord, MAX_COLUMNS } from './csv-records';
import { Column, COLUMNS, FileForm, headingKey, Source } from './file-form';
import type { RowErrors } from './import-failures';
import type { ColumnMap } from './import-settings';
import { shownText } from './shown-text';

/** Where in a row a column stands: in one cell or in several. */
export interface CellSource {
  indexes: readonly number[];
  as: Source['as'];
}

export interface Header {
  layout: ReadonlyMap<Column, CellSource>;
  /** Where the headings stand that the form reads besides, by their key. */
  others: ReadonlyMap<string, number>;
  /** Columns of the file that mean nothing to the import; long names are cut. */
  ignored: string[];
}

const MAX_SHOWN_NAME = 100;

/** Understands the first row of a file, as far as it can. */
export function readHeader(names: readonly string[], form: FileForm, columnMap: ColumnMap): Header {
  const keys = names.map(headingKey);
  const mapped = new Map(Object.entries(columnMap).map(([heading, column]) => [headingKey(heading), column]));
  const read = new Set<number>();
  const indexOf = (heading: string): number[] => {
    const key = headingKey(heading);
    const index = mapped.has(key) ? -1 : keys.indexOf(key);
    return index === -1 ? [] : [index];
  };
  const layout = new Map<Column, CellSource>();
  for (const [key, column] of mapped) {
    const index = keys.indexOf(key);
    const named = column === null ? undefined : columnNamed(column);
    if (index !== -1 && named !== undefined) layout.set(named, { indexes: [index], as: 'first' });
  }
  for (const column of COLUMNS) {
    const source = form.columns[column];
    if (source === undefined || layout.has(column)) continue;
    const indexes = source.headings.flatMap(indexOf);
    if (indexes.length > 0) layout.set(column, { indexes, as: source.as });
  }
  const others = new Map(
    form.alsoReads.flatMap((heading) => indexOf(heading).map((index) => [headingKey(heading), index])),
  );
  for (const { indexes } of layout.values()) for (const index of indexes) read.add(index);
  for (const index of others.values()) read.add(index);
  const ignored = names.filter((_, index) => !read.has(index)).map((name) => shownText(name, MAX_SHOWN_NAME));
  return { layout, others, ignored };
}

/** Adds what is wrong with a first row of which something was understood. */
export function checkHeader(
  { row, fields, width }: CsvRecord,
  { layout }: Header,
  form: FileForm,
  columnMap: ColumnMap,
  errors: RowErrors,
): void {
  if (width > MAX_COLUMNS) errors.add(row, null, `the file has ${width} columns, more than ${MAX_COLUMNS}`);
  const keys = fields.map(headingKey);
  const mapped = Object.keys(columnMap);
  for (const heading of mapped) {
    if (!keys.includes(headingKey(heading)))
      errors.add(row, null, 'column_map names a column that the file does not have', heading);
  }
  const unmapped = keys.filter((key) => !mapped.some((heading) => headingKey(heading) === key));
  for (const column of layout.keys())
    if (isTwofold(unmapped, form.columns[column], form))
      errors.add(row, column, `two columns mean ${column}`);
  for (const columns of form.required) {
    if (columns.some((column) => layout.has(column))) continue;
    const names = columns.flatMap((column) =>
      form.preset === null ? [column] : (form.columns[column]?.headings ?? []),
    );
    errors.add(
      row,
      columns[0],
      names.length === 1
        ? `the column ${names[0]} is missing`
        : `one of the columns ${names.join(', ')} is needed`,
    );
  }
}

/** Without which a file cannot be read, by the heading that comes first. */
export const neededColumns = (form: FileForm): string[] =>
  form.required.map(([column]) =>
    form.preset === null ? column : (form.columns[column]?.headings[0] ?? column),
  );

/** In our own form all names of a column mean the same; what another system writes may have a second choice. */
function isTwofold(keys: readonly string[], source: Source | undefined, { preset }: FileForm): boolean {
  const headings = source?.headings.map(headingKey) ?? [];
  const times = (heading: string): number => keys.filter((key) => key === heading).length;
  return preset === null
    ? headings.reduce((sum, heading) => sum + times(heading), 0) > 1
    : headings.some((heading) => times(heading) > 1);
}

/** The column of ours that somebody names, by any name that our own files have for it. */
export function columnNamed(name: string): Column | undefined {
  const key = headingKey(name);
  return key === 'number' ? 'order_number' : COLUMNS.find((column) => column === key);
}
