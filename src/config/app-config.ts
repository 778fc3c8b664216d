import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserSandbox, Environment, Role } from './environment';
import { parseDurations } from './value-readers';

/** Names every bad variable; never prints a value, because values hold secrets. */
export class InvalidConfigurationError extends Error {
  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'InvalidConfigurationError';
  }
}

/** Whether an error says in plain words what a start or a command lacks. Anything else is a defect, and shows where. */
export const isInPlainWords = (error: unknown): error is Error =>
  error instanceof InvalidConfigurationError || (error as Error).constructor === Error;

/** What the environment names, or what the process started and made for itself. */
export interface ServicesOfProcess {
  databaseUrl: string;
  redisUrl: string;
}

/** Connections of a process whose jobs hold none, where nothing else is said. */
const USUAL_CONNECTIONS = 20;

/** While the orders of a large report are read from one, they are summed up on another that sees the same moment. */
const CONNECTIONS_OF_A_JOB = 2;
/** The end of a job, the heartbeat, and whatever else the process does need others, or all would wait for each other. */
const CONNECTIONS_BESIDE_JOBS = 4;

/** The typed configuration of a process. Every other module injects this and never sees the environment. */
export class AppConfig {
  readonly role: Role;
  readonly port: number;
  readonly host: string;
  /** Base of absolute links, without a trailing slash. */
  readonly publicUrl: string;
  /** Its path, which a proxy strips: stands before the path-absolute addresses in answers. '' mostly. */
  readonly publicPath: string;
  readonly databaseUrl: string;
  /** Connections of this process, all included. */
  readonly databasePoolSize: number;
  /** Whether a start brings the schema up to date, or only looks whether it is. */
  readonly migrateOnStart: boolean;
  readonly redisUrl: string;
  /** Absolute folder of everything embedded and of file artifacts. */
  readonly dataDir: string;
  /** `file:` or `s3:` URL of the artifact store. */
  readonly storageUrl: string;
  readonly adminApiKey: string | undefined;
  readonly demoApiKey: string | undefined;
  /** Absolute folder of the keys that are made and kept where no variable names them; only beside an embedded database. */
  readonly keptKeysDir: string | undefined;
  readonly sampleData: boolean;
  /** CIDR ranges that callbacks may reach besides public addresses. */
  readonly callbackAllowedAddresses: string[];
  /** Delays in milliseconds between the attempts of a delivery. */
  readonly callbackRetrySchedule: number[];
  /** For all of one attempt, until the status of the answer. */
  readonly callbackTimeoutMs: number;
  /** How long a callback endpoint may do nothing but fail before it is disabled. */
  readonly callbackDisableAfterMs: number;
  /** 32 bytes each, the current one first: seal the signing secrets. Unset, one is made and kept in `dataDir`. */
  readonly webhookMasterKeys: Buffer[] | undefined;
  readonly browserPath: string | undefined;
  readonly browserSandbox: BrowserSandbox;
  /** Browser slots of one worker process. */
  readonly renderConcurrency: number;
  /** Jobs that one worker process works on at once. */
  readonly jobConcurrency: number;
  readonly jobLeaseSeconds: number;
  readonly artifactRetentionDays: number;
  readonly jobRetentionDays: number;
  readonly eventRetentionDays: number;
  readonly auditRetentionDays: number;
  /** Orders, and lines where they are shown, of one report. */
  readonly reportMaxRows: number;
  /** Origins whose pages may call the API; `*` is every one. */
  readonly corsOrigins: string[];
  /** CIDR ranges of the proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: string[];
  /** Jobs of one client that may wait or run at once. */
  readonly maxJobsInFlight: number;
  /** What the uploads and files of one client may take in the store. */
  readonly clientStorageBytes: number;
  /** Requests a minute: for each API key, `poll` for each job of it; `address` for each address, and each kind of what needs no key. */
  readonly rateLimits: Record<'submit' | 'poll' | 'other' | 'address', number>;
  /** Streams and waits that one client may hold open in one process. */
  readonly heldRequestsPerClient: number;
  /** Names of the task types whose work is done by workers outside. */
  readonly externalTaskTypes: string[];
  /** How long a process that ends is not ready before its listener closes. */
  readonly drainDelayMs: number;
  /** For how long a browser is to use https alone; unset, nothing is said of it. */
  readonly hstsMaxAgeSeconds: number | undefined;
  readonly logLevel: Environment['LOG_LEVEL'];

  constructor(environment: Environment, services: ServicesOfProcess) {
    this.role = environment.ROLE;
    this.port = environment.PORT;
    this.host = environment.HOST;
    const { origin, pathname } = new URL(environment.PUBLIC_URL ?? `http://localhost:${environment.PORT}`);
    this.publicPath = pathname.replace(/\/+$/, '');
    this.publicUrl = origin + this.publicPath;
    this.databaseUrl = services.databaseUrl;
    this.migrateOnStart = environment.MIGRATE_ON_START;
    this.redisUrl = services.redisUrl;
    this.dataDir = resolve(environment.DATA_DIR);
    this.storageUrl = environment.STORAGE_URL ?? pathToFileURL(resolve(this.dataDir, 'artifacts')).href;
    this.adminApiKey = environment.ADMIN_API_KEY;
    this.demoApiKey = environment.DEMO_API_KEY;
    this.keptKeysDir = environment.DATABASE_URL === undefined ? resolve(this.dataDir, 'keys') : undefined;
    this.sampleData = environment.SAMPLE_DATA ?? environment.DATABASE_URL === undefined;
    this.callbackAllowedAddresses = environment.CALLBACK_ALLOWED_ADDRESSES?.split(',') ?? [];
    this.callbackRetrySchedule = parseDurations(environment.CALLBACK_RETRY_SCHEDULE);
    this.callbackTimeoutMs = environment.CALLBACK_TIMEOUT_SECONDS * 1_000;
    this.callbackDisableAfterMs = parseDurations(environment.CALLBACK_DISABLE_AFTER)[0] ?? 0;
    this.webhookMasterKeys = environment.WEBHOOK_MASTER_KEYS?.split(',').map((key) =>
      Buffer.from(key, 'base64'),
    );
    this.browserPath = environment.BROWSER_PATH;
    // A trial on somebody's own machine must work; whoever brings a database decides for themselves.
    this.browserSandbox =
      environment.BROWSER_SANDBOX ?? (environment.DATABASE_URL === undefined || isRoot() ? 'auto' : 'on');
    this.renderConcurrency = environment.RENDER_CONCURRENCY ?? Math.max(1, cpus().length);
    // While some print, the next are read and laid out, and those before are stored.
    const room = (environment.DATABASE_POOL_SIZE ?? Infinity) - CONNECTIONS_BESIDE_JOBS;
    this.jobConcurrency =
      environment.JOB_CONCURRENCY ??
      Math.min(2 * this.renderConcurrency, Math.floor(room / CONNECTIONS_OF_A_JOB));
    this.databasePoolSize =
      environment.DATABASE_POOL_SIZE ??
      USUAL_CONNECTIONS + (this.runsWorker ? CONNECTIONS_OF_A_JOB * this.jobConcurrency : 0);
    this.jobLeaseSeconds = environment.JOB_LEASE_SECONDS;
    this.artifactRetentionDays = environment.ARTIFACT_RETENTION_DAYS;
    // A job is there for as long as its file.
    this.jobRetentionDays = Math.max(environment.JOB_RETENTION_DAYS, environment.ARTIFACT_RETENTION_DAYS);
    this.eventRetentionDays = environment.EVENT_RETENTION_DAYS;
    this.auditRetentionDays = environment.AUDIT_RETENTION_DAYS;
    this.reportMaxRows = environment.REPORT_MAX_ROWS;
    this.corsOrigins = environment.CORS_ORIGINS?.split(',') ?? [];
    this.trustedProxies = environment.TRUSTED_PROXIES?.split(',') ?? [];
    this.maxJobsInFlight = environment.MAX_JOBS_IN_FLIGHT;
    this.clientStorageBytes = environment.CLIENT_STORAGE_MB * 1024 * 1024;
    this.rateLimits = {
      submit: environment.RATE_LIMIT_SUBMIT,
      poll: environment.RATE_LIMIT_POLL,
      other: environment.RATE_LIMIT_OTHER,
      address: environment.RATE_LIMIT_ADDRESS,
    };
    this.heldRequestsPerClient = environment.HELD_REQUESTS_PER_CLIENT;
    this.externalTaskTypes = environment.EXTERNAL_TASK_TYPES?.split(',') ?? [];
    this.drainDelayMs = environment.DRAIN_DELAY_SECONDS * 1_000;
    this.hstsMaxAgeSeconds = environment.HSTS_MAX_AGE_SECONDS;
    this.logLevel = environment.LOG_LEVEL;
  }

  get runsApi(): boolean {
    return this.role !== Role.Worker;
  }

  get runsWorker(): boolean {
    return this.role !== Role.Api;
  }
}

/** Chromium refuses its sandbox to root, so there is nothing to decide. */
const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Reads and validates the environment. An empty value counts as unset, as in `VARIABLE=` of an `.env` file.
 *
 * @throws InvalidConfigurationError that names each bad variable
 */
export function readEnvironment(source: NodeJS.ProcessEnv): Environment {
  const given = Object.fromEntries(
    VARIABLES.map((name): [string, unknown] => [name, source[name]]).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  );
  const environment = plainToInstance(Environment, given, { exposeDefaultValues: true });
  const problems = validateSync(environment).flatMap((error) => Object.values(error.constraints ?? {}));
  if (environment.ADMIN_API_KEY !== undefined && environment.ADMIN_API_KEY === environment.DEMO_API_KEY) {
    problems.push('ADMIN_API_KEY and DEMO_API_KEY must differ: a key has one client and its scopes');
  }
  if (!environment.MIGRATE_ON_START && environment.DATABASE_URL === undefined) {
    problems.push(
      'MIGRATE_ON_START=false needs DATABASE_URL: nothing but the start brings an embedded one up to date',
    );
  }
  const { ROLE, JOB_CONCURRENCY, DATABASE_POOL_SIZE } = environment;
  if (ROLE !== Role.Api && JOB_CONCURRENCY !== undefined && DATABASE_POOL_SIZE !== undefined) {
    const needed = CONNECTIONS_OF_A_JOB * JOB_CONCURRENCY + CONNECTIONS_BESIDE_JOBS;
    if (DATABASE_POOL_SIZE < needed)
      problems.push(
        `DATABASE_POOL_SIZE must be ${needed} or more for JOB_CONCURRENCY=${JOB_CONCURRENCY}: ` +
          `each job may hold ${CONNECTIONS_OF_A_JOB} connections`,
      );
  }
  if (problems.length > 0) throw new InvalidConfigurationError(problems);
  return environment;
}

/** Every variable that the application reads: the decorated properties of `Environment`. */
export const VARIABLES: string[] = [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(Environment, '', true, false)
      .map(({ propertyName }) => propertyName),
  ),
];
