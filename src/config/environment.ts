import { IsEnum, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { IsDatabaseUrl, IsOriginList, IsPublicUrl, IsRedisUrl, IsStorageUrl } from './url-readers';
import { IsCidrList, IsSwitch, IsWholeNumber } from './value-readers';

/** What a process does: it serves HTTP, works on jobs and deliveries, or both. */
export enum Role {
  Api = 'api',
  Worker = 'worker',
  All = 'all',
}

/** Whether Chromium may run without its sandbox: never, where the machine does not give it one, or always. */
export type BrowserSandbox = 'on' | 'auto' | 'off';

/** What a header can carry: printable ASCII, without spaces around it. */
const API_KEY = /^[\x21-\x7e][\x20-\x7e]{30,510}[\x21-\x7e]$/;
const KEY_RULE = '$property must be 32 to 512 printable ASCII characters, since it is sent in a header';

const DURATION = /^\d+[smhd]$/;
/** `5s`, `5m`, `2h`, `1d`, separated by commas. */
const DURATION_LIST = /^\d+[smhd](,\d+[smhd])*$/;
/** 32 bytes each, in base64. */
const MASTER_KEY_LIST = /^[A-Za-z0-9+/]{43}=(,[A-Za-z0-9+/]{43}=)*$/;
/** More than any process can serve: as good as no limit. */
const MOST = 100_000_000;

/** Dotted names: `warehouse.pick`. */
const EXTERNAL_TYPES = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+(,[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+)*$/;

/**
 * The environment variables that the application reads, one property each. `.env.example` documents them, and a
 * test holds the two together. An optional one that is unset is derived in `app-config.ts`.
 */
export class Environment {
  @IsEnum(Role)
  ROLE: Role = Role.All;

  @IsWholeNumber(0, 65_535)
  PORT = 3000;

  @IsString()
  HOST = '127.0.0.1';

  @IsOptional()
  @IsPublicUrl()
  PUBLIC_URL?: string;

  @IsOptional()
  @IsDatabaseUrl()
  DATABASE_URL?: string;

  // Less would not do for what a process does beside a single job.
  @IsOptional()
  @IsWholeNumber(6, 1_000)
  DATABASE_POOL_SIZE?: number;

  @IsSwitch()
  MIGRATE_ON_START = true;

  @IsOptional()
  @IsRedisUrl()
  REDIS_URL?: string;

  @IsString()
  DATA_DIR = '.data';

  @IsOptional()
  @IsStorageUrl()
  STORAGE_URL?: string;

  @IsOptional()
  @Matches(API_KEY, { message: KEY_RULE })
  ADMIN_API_KEY?: string;

  @IsOptional()
  @Matches(API_KEY, { message: KEY_RULE })
  DEMO_API_KEY?: string;

  @IsOptional()
  @IsSwitch()
  SAMPLE_DATA?: boolean;

  @IsOptional()
  @IsCidrList()
  CALLBACK_ALLOWED_ADDRESSES?: string;

  @Matches(DURATION_LIST, { message: '$property must be a comma-separated list such as 5s,5m,2h' })
  CALLBACK_RETRY_SCHEDULE = '5s,5m,30m,2h,5h,10h,14h,20h,24h';

  @IsWholeNumber(1, 60)
  CALLBACK_TIMEOUT_SECONDS = 20;

  @Matches(DURATION, { message: '$property must be a duration such as 5d' })
  CALLBACK_DISABLE_AFTER = '5d';

  @IsOptional()
  @Matches(MASTER_KEY_LIST, { message: '$property must be a comma-separated list of 32-byte keys in base64' })
  WEBHOOK_MASTER_KEYS?: string;

  @IsOptional()
  @IsString()
  BROWSER_PATH?: string;

  @IsOptional()
  @IsIn(['on', 'auto', 'off'])
  BROWSER_SANDBOX?: BrowserSandbox;

  @IsOptional()
  @IsWholeNumber(1, 64)
  RENDER_CONCURRENCY?: number;

  @IsOptional()
  @IsWholeNumber(1, 256)
  JOB_CONCURRENCY?: number;

  @IsWholeNumber(3, 3600)
  JOB_LEASE_SECONDS = 30;

  @IsWholeNumber(1, 3650)
  ARTIFACT_RETENTION_DAYS = 7;

  @IsWholeNumber(1, 3650)
  JOB_RETENTION_DAYS = 90;

  @IsWholeNumber(1, 3650)
  EVENT_RETENTION_DAYS = 30;

  @IsWholeNumber(1, 36_500)
  AUDIT_RETENTION_DAYS = 400;

  @IsWholeNumber(1, 10_000_000)
  REPORT_MAX_ROWS = 2_000_000;

  @IsWholeNumber(1, 100_000)
  HELD_REQUESTS_PER_CLIENT = 100;

  @IsOptional()
  @Matches(EXTERNAL_TYPES, {
    message: '$property must be a comma-separated list of names such as warehouse.pick',
  })
  EXTERNAL_TASK_TYPES?: string;

  @IsOptional()
  @IsOriginList()
  CORS_ORIGINS?: string;

  @IsOptional()
  @IsCidrList()
  TRUSTED_PROXIES?: string;

  @IsWholeNumber(1, MOST)
  MAX_JOBS_IN_FLIGHT = 1000;

  @IsWholeNumber(1, MOST)
  CLIENT_STORAGE_MB = 10_240;

  @IsWholeNumber(1, MOST)
  RATE_LIMIT_SUBMIT = 1200;

  // Of one job: once a second is what `Retry-After` may ask for at most; the rest is for the file, for a link, and for
  // clocks that are not exact.
  @IsWholeNumber(75, MOST)
  RATE_LIMIT_POLL = 90;

  @IsWholeNumber(1, MOST)
  RATE_LIMIT_OTHER = 1200;

  @IsWholeNumber(1, MOST)
  RATE_LIMIT_ADDRESS = 300;

  @IsWholeNumber(0, 60)
  DRAIN_DELAY_SECONDS = 0;

  // Two years are what browsers' preload lists ask for.
  @IsOptional()
  @IsWholeNumber(0, 63_072_000)
  HSTS_MAX_AGE_SECONDS?: number;

  @IsIn(['error', 'warn', 'log', 'debug'])
  LOG_LEVEL: 'error' | 'warn' | 'log' | 'debug' = 'log';
}
