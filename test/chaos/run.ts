import type { ApiClient } from './client';
import type { Fleet } from './fleet';
import type { Ledger } from './ledger';
import type { Load } from './load';
import type { ChaosOptions } from './options';

/** What the modes of a run have to do with. */
export interface Run {
  fleet: Fleet;
  client: ApiClient;
  load: Load;
  ledger: Ledger;
  options: ChaosOptions;
  say: (line: string) => void;
}
