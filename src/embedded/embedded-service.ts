export interface EmbeddedServiceOptions {
  /** An absolute path; the caller holds its lock. */
  readonly dataDir: string;
  /** False gives up safety against a crash of the whole machine for speed; for tests. */
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

export interface EmbeddedService {
  readonly url: string;
  stop(): Promise<void>;
}
