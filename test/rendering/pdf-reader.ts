import { ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

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
  /** The packet of metadata. */
  xmp: string | null;
  outline: { title: string; page: number }[];
  tagged: boolean;
  pages: PdfPage[];
}

export async function readPdf(path: string): Promise<Pdf> {
  const [pdf] = await readPdfs([path]);
  return pdf!;
}

type Answer = { id: number; pdfs: Pdf[] } | { id: number; error: string };

/** Loads pdf.js once for a test file, which takes longer than most files do. */
let reader: ChildProcess | undefined;
let asked = 0;

afterAll(() => reader?.disconnect());

export async function readPdfs(paths: string[]): Promise<Pdf[]> {
  const child = (reader ??= fork(join(__dirname, 'read-pdf.mjs'), { execArgv: [] }).setMaxListeners(0));
  const id = (asked += 1);
  const answer = await new Promise<Answer>((resolve, reject) => {
    const take = (message: Answer): void => {
      if (message.id !== id) return;
      child.off('message', take).off('exit', fail);
      resolve(message);
    };
    const fail = (code: number | null): void => reject(new Error(`The reader of PDFs ended with ${code}.`));
    child.on('message', take).on('exit', fail);
    child.send({ id, paths });
  });
  if ('error' in answer) throw new Error(answer.error);
  return answer.pdfs;
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
