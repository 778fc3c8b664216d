import type { Cell } from './cell';
import { FUZZED_REQUESTS } from './fuzzed-requests';
import { GENERATORS } from './generators';
import { NGINX_WAIT } from './nginx-wait';
import { OUTAGES } from './outages';
import { LANGUAGES_AND_RUNTIMES } from './runtimes';

/** What `npm run clients` runs, in this order, which is that of docs/clients.md. */
export const CELLS: readonly Cell[] = [
  ...GENERATORS,
  ...LANGUAGES_AND_RUNTIMES,
  NGINX_WAIT,
  ...OUTAGES,
  FUZZED_REQUESTS,
];
