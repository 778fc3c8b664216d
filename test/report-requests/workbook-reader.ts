import { parse } from 'csv-parse/sync';
import { readXlsx, type Workbook } from 'hucre/xlsx';
import { converted } from './libreoffice';

/** As a reader of somebody else's makes of a file: days are dates, in UTC what their cells show. */
export const readWorkbook = (file: Buffer): Promise<Workbook> => readXlsx(file, { readStyles: true });

/** All sheets, values between commas: plain numbers, texts as they are. */
const EVERY_SHEET = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1';

/** The rows of each sheet by its name, as LibreOffice reads the file. */
export async function readByLibreOffice(file: Buffer): Promise<Record<string, string[][]>> {
  const files = await converted('report.xlsx', file, ['--convert-to', EVERY_SHEET]);
  return Object.fromEntries(
    Array.from(files, ([name, content]): [string, string[][]] => [
      name.slice('report-'.length, -'.csv'.length),
      parse(content, { relax_column_count: true }),
    ]),
  );
}
