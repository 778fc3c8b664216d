import type { LiveService } from './live-service';

/** One client, runtime or way that is said to work, and the run that shows it. */
export interface Cell {
  /** The heading of docs/clients.md that it stands under. */
  readonly part: 'Generators' | 'Languages and runtimes' | 'On the way' | 'Documents';
  readonly name: string;
  /** What the service is started with for it, beside the settings of `npm start`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** @throws Error that says what does not work */
  run(context: CellContext): Promise<Outcome>;
}

export interface CellContext {
  /** The real service, shared by all cells of the same settings; a cell that breaks its service starts one of its own. */
  readonly service: LiveService;
  /** A client of this cell alone, with a key of every scope but `admin`. */
  readonly key: string;
  /** Where `npm ci` has put the packages of test/clients/package.json; what lies in folders below it finds them. */
  readonly packages: string;
  log(line: string): void;
}

/** What ran, as docs/clients.md has it. */
export interface Outcome {
  /** Exact versions: `7.13.0 with 0.17.0, Node 20.20.2`. */
  readonly version: string;
  /** What it went through, in a line. */
  readonly did: string;
}
