import fc from 'fast-check';
import { retryAfterSeconds } from '../common/retry-after';
import { AppConfig, InvalidConfigurationError, readEnvironment, VARIABLES } from './app-config';
import { Role } from './environment';

const SERVICES = {
  databaseUrl: 'postgres://localhost/orders',
  redisUrl: 'redis://localhost',
};

const configOf = (environment: Record<string, string>): AppConfig =>
  new AppConfig(readEnvironment(environment), SERVICES);

function complaintAbout(environment: Record<string, string>): string {
  try {
    readEnvironment(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidConfigurationError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(environment)} was accepted`);
}

/** One value that each variable with a rule refuses; each is recognizable in a text. */
const REFUSED: Record<string, string> = {
  ROLE: 'leaked-value',
  PORT: '70007',
  PUBLIC_URL: 'leaked-value',
  DATABASE_URL: 'mysql://user:leaked-value@host/orders',
  DATABASE_POOL_SIZE: '4',
  MIGRATE_ON_START: 'leaked-value',
  REDIS_URL: 'http://:leaked-value@host',
  STORAGE_URL: 'ftp://user:leaked-value@host',
  ADMIN_API_KEY: 'leaked-value',
  DEMO_API_KEY: 'leaked-value',
  SAMPLE_DATA: 'leaked-value',
  CALLBACK_ALLOWED_ADDRESSES: 'leaked-value',
  CALLBACK_RETRY_SCHEDULE: 'leaked-value',
  CALLBACK_TIMEOUT_SECONDS: '70007',
  CALLBACK_DISABLE_AFTER: 'leaked-value',
  WEBHOOK_MASTER_KEYS: 'leaked-value',
  BROWSER_SANDBOX: 'leaked-value',
  RENDER_CONCURRENCY: '70007',
  JOB_CONCURRENCY: '70007',
  JOB_LEASE_SECONDS: '70007',
  ARTIFACT_RETENTION_DAYS: '70007',
  JOB_RETENTION_DAYS: '0',
  EVENT_RETENTION_DAYS: '0',
  AUDIT_RETENTION_DAYS: '36501',
  REPORT_MAX_ROWS: '0',
  CORS_ORIGINS: 'leaked-value',
  TRUSTED_PROXIES: 'leaked-value',
  MAX_JOBS_IN_FLIGHT: '0',
  CLIENT_STORAGE_MB: '0',
  RATE_LIMIT_SUBMIT: 'leaked-value',
  RATE_LIMIT_POLL: '74',
  RATE_LIMIT_OTHER: 'leaked-value',
  RATE_LIMIT_ADDRESS: 'leaked-value',
  HELD_REQUESTS_PER_CLIENT: '0',
  EXTERNAL_TASK_TYPES: 'leaked!',
  DRAIN_DELAY_SECONDS: '61',
  HSTS_MAX_AGE_SECONDS: '-1',
  LOG_LEVEL: 'leaked-value',
};
const ANY_TEXT_IS_FINE = ['HOST', 'DATA_DIR', 'BROWSER_PATH'];

const LEAST_RATE_LIMIT_POLL = 75;
const WINDOW_SECONDS = 60;

describe('the configuration', () => {
  it('gives the jobs of a worker no more connections than there are', () => {
    const config = (variables: NodeJS.ProcessEnv): AppConfig =>
      new AppConfig(readEnvironment(variables), { databaseUrl: 'postgres://x', redisUrl: 'redis://x' });
    expect(config({ ROLE: 'api' }).databasePoolSize).toBe(20);
    expect(config({ ROLE: 'worker', JOB_CONCURRENCY: '7' }).databasePoolSize).toBe(34);
    const small = config({ ROLE: 'worker', RENDER_CONCURRENCY: '8', DATABASE_POOL_SIZE: '9' });
    expect([small.databasePoolSize, small.jobConcurrency]).toEqual([9, 2]);
    const least = config({ ROLE: 'worker', RENDER_CONCURRENCY: '8', DATABASE_POOL_SIZE: '6' });
    expect(least.jobConcurrency).toBe(1);
    expect(() => readEnvironment({ JOB_CONCURRENCY: '7', DATABASE_POOL_SIZE: '17' })).toThrow(
      'DATABASE_POOL_SIZE must be 18 or more for JOB_CONCURRENCY=7',
    );
    expect(readEnvironment({ ROLE: 'api', JOB_CONCURRENCY: '7', DATABASE_POOL_SIZE: '10' }).ROLE).toBe('api');
  });

  it('refuses one key for two clients', () => {
    const key = 'one-key-for-both-0123456789abcdefghij';
    const complaint = complaintAbout({ ADMIN_API_KEY: key, DEMO_API_KEY: key });
    expect(complaint).toContain('ADMIN_API_KEY and DEMO_API_KEY must differ');
    expect(complaint).not.toContain(key);
  });

  it('refuses something for every variable that is not free text', () => {
    expect([...Object.keys(REFUSED), ...ANY_TEXT_IS_FINE].sort()).toEqual([...VARIABLES].sort());
  });

  it.each(Object.entries(REFUSED))('names %s when it is bad, and never its value', (name, value) => {
    const complaint = complaintAbout({ [name]: value });
    expect(complaint).toContain(name);
    expect(complaint).not.toContain('leaked');
    expect(complaint).not.toContain('70007');
  });

  it('names all that is bad at once', () => {
    const complaint = complaintAbout(REFUSED);
    for (const name of Object.keys(REFUSED)) expect(complaint).toContain(name);
  });

  it.each(Object.entries(REFUSED))('says what %s must be, once', (name, value) => {
    const [, ...complaints] = complaintAbout({ [name]: value }).split('\n');
    expect(complaints).toEqual([expect.stringMatching(new RegExp(`${name} must be .*\\w`))]);
  });

  it('never prints a secret, whatever it is', () => {
    fc.assert(
      // Long enough not to be a word of the message by accident.
      fc.property(fc.string({ minLength: 12, maxLength: 31 }), (secret) => {
        expect(complaintAbout({ ADMIN_API_KEY: secret })).not.toContain(secret);
      }),
    );
  });

  it('takes an empty value for an unset one', () => {
    const empty = Object.fromEntries(VARIABLES.map((name) => [name, '']));
    expect(readEnvironment(empty)).toEqual(readEnvironment({}));
  });

  it('ignores what it does not know', () => {
    expect(readEnvironment({ PATH: '/bin', port: '1' })).toEqual(readEnvironment({}));
  });

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('reads the switch %s', (text, expected) => {
    expect(readEnvironment({ SAMPLE_DATA: text }).SAMPLE_DATA).toBe(expected);
  });

  it('says how a switch is written', () => {
    expect(complaintAbout({ MIGRATE_ON_START: 'no', SAMPLE_DATA: 'yes' })).toBe(
      'The configuration is not valid:\n  - MIGRATE_ON_START must be true or false\n  - SAMPLE_DATA must be true or false',
    );
  });

  it('derives links and folders from what is set', () => {
    expect(configOf({ PORT: '4000' }).publicPath).toBe('');
    expect(configOf({ PUBLIC_URL: 'https://reports.example/api//' }).publicPath).toBe('/api');
    expect(configOf({ PORT: '4000' }).publicUrl).toBe('http://localhost:4000');
    expect(configOf({ PUBLIC_URL: 'https://reports.example/api//' }).publicUrl).toBe(
      'https://reports.example/api',
    );
    expect(configOf({ DATA_DIR: '/srv/orders' }).storageUrl).toBe('file:///srv/orders/artifacts');
    expect(configOf({ STORAGE_URL: 'file:///mnt/files' }).storageUrl).toBe('file:///mnt/files');
    expect(configOf({ CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8,::1/128' }).callbackAllowedAddresses).toEqual([
      '127.0.0.0/8',
      '::1/128',
    ]);
  });

  it('allows of no limit of polls that a client reaches which polls as Retry-After says', () => {
    expect(() => readEnvironment({ RATE_LIMIT_POLL: `${LEAST_RATE_LIMIT_POLL - 1}` })).toThrow(
      InvalidConfigurationError,
    );
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100 }), { minLength: 100, maxLength: 100 }),
        (estimates) => {
          let [polls, second] = [0, 0];
          // A window has both of its ends.
          for (const estimate of estimates) {
            if (second > WINDOW_SECONDS) break;
            polls += 1;
            second += retryAfterSeconds(estimate);
          }
          const fileAndLink = 2;
          expect(polls + fileAndLink).toBeLessThanOrEqual(LEAST_RATE_LIMIT_POLL);
        },
      ),
      { examples: [[Array<number>(100).fill(0)]] },
    );
  });

  it('loads the sample orders into its own database unasked, and into another only when asked to', () => {
    const elsewhere = { DATABASE_URL: 'postgres://localhost/orders' };
    expect(configOf({}).sampleData).toBe(true);
    expect(configOf({ SAMPLE_DATA: 'false' }).sampleData).toBe(false);
    expect(configOf(elsewhere).sampleData).toBe(false);
    expect(configOf({ ...elsewhere, SAMPLE_DATA: 'true' }).sampleData).toBe(true);
  });

  it('migrates at each start unless that is switched off, and always where nothing else would', () => {
    expect(configOf({}).migrateOnStart).toBe(true);
    const elsewhere = { DATABASE_URL: 'postgres://localhost/orders' };
    expect(configOf({ ...elsewhere, MIGRATE_ON_START: 'false' }).migrateOnStart).toBe(false);
    expect(() => configOf({ MIGRATE_ON_START: 'false' })).toThrow(
      'MIGRATE_ON_START=false needs DATABASE_URL',
    );
  });

  it('reads lists of origins and of proxies', () => {
    const config = configOf({
      CORS_ORIGINS: 'https://a.example,http://b:8080',
      TRUSTED_PROXIES: '10.0.0.0/8',
    });
    expect(config.corsOrigins).toEqual(['https://a.example', 'http://b:8080']);
    expect(config.trustedProxies).toEqual(['10.0.0.0/8']);
  });

  it.each([
    [Role.Api, true, false],
    [Role.Worker, false, true],
    [Role.All, true, true],
  ])('knows what the role %s runs', (role, api, worker) => {
    const config = configOf({ ROLE: role });
    expect([config.runsApi, config.runsWorker]).toEqual([api, worker]);
  });
});
