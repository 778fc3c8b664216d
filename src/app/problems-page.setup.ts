import type { INestApplication } from '@nestjs/common';
import { compress } from '../common/http/compression';
import { PROBLEMS_PATH } from '../common/http/problem';
import { revalidated, weakTag } from '../common/http/validators';
import { STATUS_OF_KIND } from '../common/error-kinds';
import { PROBLEM_SECTIONS } from '../common/problem-codes';
import { AddressLimitsService } from '../rate-limits/address-limits.service';
import { Markup, markup } from '../report-requests/rendering/markup';
import { onlyFor } from './only-for';

/** Serves what each problem's `type` leads to: every code with its cause and its cure. It needs no key. */
export function setUpProblemsPage(app: INestApplication): void {
  const page = problemsPage();
  const ofPage = onlyFor(new Set([PROBLEMS_PATH]));
  app.use(ofPage(app.get(AddressLimitsService).middleware('docs')));
  app.use(ofPage(compress));
  app.use(ofPage(revalidated(weakTag(page))));
  app.use(
    ofPage((_request, response) => {
      response.set('Content-Security-Policy', "default-src 'none'; style-src 'self'; img-src 'self'");
      response.type('html').send(page);
    }),
  );
}

const problemsPage = (): string =>
  markup`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Problems - Order Reports</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="style.css" />
  </head>
  <body>
    <header><h1>Problems</h1></header>
    <main>${PROBLEM_SECTIONS.map(section)}</main>
  </body>
</html>
`.text;

const section = ({ title, note, codes }: (typeof PROBLEM_SECTIONS)[number]): Markup => markup`
      <section class="card">
        <h2>${title}</h2>${
          note === undefined
            ? Markup.empty
            : markup`
        <p>${note}</p>`
        }${Object.entries(codes).map(
          ([code, { kinds, title: what, cause, cure }]) => markup`
        <h3 id="${code}"><code>${code}</code> ${kinds.map((kind) => STATUS_OF_KIND[kind]).join(', ')}</h3>
        <p>${what}. ${inCode(cause)}</p>
        <p>${inCode(cure)}</p>`,
        )}
      </section>`;

/** What stands between backticks, as in Markdown. */
const inCode = (text: string): Markup[] =>
  text.split('`').map((part, at) => (at % 2 === 0 ? markup`${part}` : markup`<code>${part}</code>`));
