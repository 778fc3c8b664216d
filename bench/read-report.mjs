// Prints as JSON what readers of three makers find in a report: node read-report.mjs <file>. 1 is yes, -1 is not installed.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

const [path] = process.argv.slice(2);
const found = {};

const check = spawnSync('qpdf', ['--check', path], { encoding: 'utf8' });
found['qpdf finds no error'] = check.error ? -1 : Number(check.status === 0);

const numbers = new Set();
let last = '';
const text = spawn('pdftotext', [path, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
for await (const line of createInterface({ input: text.stdout })) {
  for (const [number] of line.matchAll(/\b\d{4}-\d+\b/g)) numbers.add(number);
  last = /Page [\d,]+ of [\d,]+/.exec(line)?.[0] ?? last;
}
found['orders by pdftotext'] = numbers.size;
const [page, pages] = last.match(/[\d,]+/g).map((part) => Number(part.replaceAll(',', '')));
found['pages by the last page'] = pages;
found['the last page says "page n of n"'] = Number(page === pages);

const document = await getDocument({
  url: pathToFileURL(path).href,
  useSystemFonts: false,
  verbosity: 0,
  disableAutoFetch: true,
}).promise;
found['pages by pdf.js'] = document.numPages;
const { items } = await (await document.getPage(document.numPages)).getTextContent();
found['pdf.js reads the last page'] = Number(
  items
    .map(({ str }) => str)
    .join('')
    .includes(last),
);
process.stdout.write(JSON.stringify(found));
process.exit(0);
