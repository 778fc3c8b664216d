import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsEnum,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
} from 'class-validator';

/** What a process does: HTTP, Bull processors, or both. */
export enum Role {
  Api = 'api',
  Worker = 'worker',
  All = 'all',
}

/** Whether Chromium may run without its sandbox: never, where the machine does not give it one, or always. */
export type BrowserSandbox = 'on' | 'auto' | 'off';

const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;

const DURATION = /^\d+[smhd]$/;
/** `5s`, `5m`, `2h`, `1d`, separated by commas. */
const DURATION_LIST = /^\d+[smhd](,\d+[smhd])*$/;
/** 32 bytes each, in base64. */
const MASTER_KEY_LIST = /^[A-Za-z0-9+/]{43}=(,[A-Za-z0-9+/]{43}=)*$/;
const CIDR_LIST = /^[0-9a-fA-F:.]+\/\d{1,3}(,[0-9a-fA-F:.]+\/\d{1,3})*$/;
const ORIGIN_LIST = /^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/;
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

  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT = 3000;

  @IsString()
  HOST = '127.0.0.1';

  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  PUBLIC_URL?: string;

  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, { message: '$property must be a postgres:// URL' })
  DATABASE_URL?: string;

  @IsOptional()
  @Matches(/^rediss?:\/\//, { message: '$property must be a redis:// or rediss:// URL' })
  REDIS_URL?: string;

  @IsString()
  DATA_DIR = '.data';

  @IsOptional()
  @Matches(/^(file:|s3:\/\/)/, { message: '$property must be a file: or s3:// URL' })
  STORAGE_URL?: string;

  @IsOptional()
  @IsString()
  @MinLength(32)
  ADMIN_API_KEY?: string;

  @IsOptional()
  @IsString()
  @MinLength(32)
  DEMO_API_KEY?: string;

  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  SAMPLE_DATA?: boolean;

  @IsOptional()
  @Matches(CIDR_LIST, { message: '$property must be a comma-separated list of CIDR ranges' })
  CALLBACK_ALLOWED_ADDRESSES?: string;

  @Matches(DURATION_LIST, { message: '$property must be a comma-separated list such as 5s,5m,2h' })
  CALLBACK_RETRY_SCHEDULE = '5s,5m,30m,2h,5h,10h,14h,20h,24h';

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(60)
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
  @IsEnum(['on', 'auto', 'off'])
  BROWSER_SANDBOX?: BrowserSandbox;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(64)
  RENDER_CONCURRENCY?: number;

  @Type(() => Number)
  @IsInt()
  @Min(3)
  @Max(3600)
  JOB_LEASE_SECONDS = 30;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3650)
  ARTIFACT_RETENTION_DAYS = 7;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  REPORT_MAX_ROWS = 2_000_000;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100_000)
  HELD_REQUESTS_PER_CLIENT = 100;

  @IsOptional()
  @Matches(EXTERNAL_TYPES, {
    message: '$property must be a comma-separated list of names such as warehouse.pick',
  })
  EXTERNAL_TASK_TYPES?: string;

  @IsOptional()
  @Matches(ORIGIN_LIST, { message: '$property must be * or a comma-separated list of origins' })
  CORS_ORIGINS?: string;

  @IsOptional()
  @Matches(CIDR_LIST, { message: '$property must be a comma-separated list of CIDR ranges' })
  TRUSTED_PROXIES?: string;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST)
  MAX_JOBS_IN_FLIGHT = 1000;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST)
  RATE_LIMIT_SUBMIT = 1200;

  // Once a second is what `Retry-After` may ask for at most; the rest is for clocks that are not exact.
  @Type(() => Number)
  @IsInt()
  @Min(75)
  @Max(MOST)
  RATE_LIMIT_POLL = 90;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST)
  RATE_LIMIT_OTHER = 1200;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST)
  RATE_LIMIT_ADDRESS = 300;

  @IsEnum(['error', 'warn', 'log', 'debug'])
  LOG_LEVEL: 'error' | 'warn' | 'log' | 'debug' = 'log';
}
