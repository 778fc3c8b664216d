import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { readXlsx, type Workbook } from 'hucre/xlsx';

const LIBREOFFICE = ['/usr/bin/soffice', '/usr/bin/libreoffice'].find((path) => existsSync(path));

/** Whether the machine has it. */
export const hasLibreOffice = LIBREOFFICE !== undefined;

/** As a reader of somebody else's makes of a file: days are dates, in UTC what their cells show. */
export const readWorkbook = (file: Buffer): Promise<Workbook> => readXlsx(file, { readStyles: true });

/** All sheets, values between commas: plain numbers, texts as they are. */
const EVERY_SHEET = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1';

/** The rows of each sheet by its name, as LibreOffice reads the file. */
export async function readByLibreOffice(file: Buffer): Promise<Record<string, string[][]>> {
  const folder = await mkdtemp(join(tmpdir(), 'order-reports-workbook-'));
  try {
    await writeFile(join(folder, 'report.xlsx'), file);
    // A profile of its own: one that is in use by another run would keep it from starting.
    const profile = `-env:UserInstallation=file://${folder}/profile`;
    const out = join(folder, 'out');
    await promisify(execFile)(
      LIBREOFFICE!,
      [profile, '--headless', '--convert-to', EVERY_SHEET, '--outdir', out, join(folder, 'report.xlsx')],
      { timeout: 120_000 },
    );
    const names = await readdir(out);
    const sheets = names.map(async (name): Promise<[string, string[][]]> => [
      name.slice('report-'.length, -'.csv'.length),
      parse(await readFile(join(out, name)), { relax_column_count: true }),
    ]);
    return Object.fromEntries(await Promise.all(sheets));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
