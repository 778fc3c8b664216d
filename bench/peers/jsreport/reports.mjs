// Prints seconds that jsreport takes for some reports: node reports.mjs <browser> <reports> <at once> <rows as JSON>
import chromePdf from '@jsreport/jsreport-chrome-pdf';
import jsreport from '@jsreport/jsreport-core';
import handlebars from '@jsreport/jsreport-handlebars';

const [executablePath, reports, atOnce, rows] = process.argv.slice(2);
const content = `<!doctype html><style>body{font:11px sans-serif}table{width:100%;border-collapse:collapse}td{border-bottom:1px solid #ddd}</style>
<h1>Order report</h1><table><thead><tr><th>Date<th>Order<th>Customer<th>Status<th>Total</tr></thead>
{{#each rows}}<tr><td>{{date}}<td>{{number}}<td>{{name}}<td>{{status}}<td align=right>{{total}}</tr>{{/each}}</table>`;
const server = jsreport({
  rootDirectory: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  discover: false,
  logger: { silent: true },
  store: { provider: 'memory' },
  workers: { numberOfWorkers: Number(atOnce) },
});
server.use(
  chromePdf({
    strategy: 'chrome-pool',
    numberOfWorkers: Number(atOnce),
    launchOptions: { executablePath, args: ['--no-sandbox'], headless: 'shell' },
  }),
);
server.use(handlebars());
await server.init();
const render = () =>
  server.render({
    template: { content, engine: 'handlebars', recipe: 'chrome-pdf' },
    data: { rows: JSON.parse(rows) },
  });
await Promise.all(Array.from({ length: Number(atOnce) }, render));
const from = performance.now();
let left = Number(reports);
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (left-- > 0) await render();
  }),
);
console.log((performance.now() - from) / 1000);
await server.close();
process.exit(0);
