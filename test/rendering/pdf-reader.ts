import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PdfText {
  text: string;
  x: number;
  y: number;
  width: number;
}

export interface PdfPage {
  lang: string | null;
  size: [number, number];
  items: PdfText[];
  /** Of its elements in the structure tree, each once; none where the file is not tagged. */
  roles: string[];
}

export interface Pdf {
  info: { Title: string; Author: string; Producer: string; Language: string | null };
  outline: { title: string; page: number }[];
  tagged: boolean;
  pages: PdfPage[];
}

export async function readPdf(path: string): Promise<Pdf> {
  const [pdf] = await readPdfs([path]);
  return pdf!;
}

export async function readPdfs(paths: string[]): Promise<Pdf[]> {
  const script = join(__dirname, 'read-pdf.mjs');
  const { stdout } = await run(process.execPath, [script, ...paths], { maxBuffer: 256 * 1024 * 1024 });
  return JSON.parse(stdout) as Pdf[];
}

/** The words of a page line by line, as an eye reads them. */
export function linesOf(page: PdfPage): string[] {
  const lines = new Map<number, PdfText[]>();
  for (const item of page.items) {
    const y = [...lines.keys()].find((other) => Math.abs(other - item.y) < 3) ?? item.y;
    lines.set(y, [...(lines.get(y) ?? []), item]);
  }
  return [...lines]
    .sort(([one], [other]) => other - one)
    .map(([, items]) =>
      items
        .sort((one, other) => one.x - other.x)
        .map(({ text }) => text.trim())
        .join(' '),
    );
}

export function textOf(pdf: Pdf): string {
  return pdf.pages.map((page) => linesOf(page).join('\n')).join('\n');
}
