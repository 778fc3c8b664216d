import type { Cell } from './cell';
import { GENERATORS } from './generators';

/** What `npm run clients` runs, in this order, which is that of docs/clients.md. */
export const CELLS: readonly Cell[] = [...GENERATORS];
