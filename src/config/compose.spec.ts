import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { readEnvironment, VARIABLES } from './app-config';

interface ComposeFile {
  services: Record<string, { build?: string; environment: Record<string, string> }>;
}

/** The most that Compose itself substitutes here: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, nested. */
const INNERMOST = /\$\{(\w+)(?::([-?])([^${}]*))?\}/;

function substitute(text: string, variables: Record<string, string>): string {
  let result = text;
  for (let match = INNERMOST.exec(result); match !== null; match = INNERMOST.exec(result)) {
    const [whole, name = '', operator, rest = ''] = match;
    const value = variables[name] ?? '';
    if (value === '' && operator === '?') throw new Error(rest);
    result = result.replace(whole, () => (value === '' && operator === '-' ? rest : value));
  }
  return result;
}

function environmentOf(service: string, variables: Record<string, string>): Record<string, string> {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as ComposeFile;
  const entries = Object.entries(services[service]?.environment ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, substitute(value, variables)]));
}

/** The least that somebody has to set. */
const SECRETS = {
  ADMIN_API_KEY: 'k'.repeat(32),
  WEBHOOK_MASTER_KEYS: Buffer.alloc(32).toString('base64'),
};

/** What this file or the image decides, and why. */
const FIXED: Record<string, string> = {
  ROLE: 'each service has its own',
  DATABASE_URL: 'the service postgres',
  REDIS_URL: 'the service redis',
  HOST: 'a container listens on all of its addresses; what is published is loopback',
  PORT: 'the port of this machine; inside it is always 3000',
  DATA_DIR: 'a folder of the image',
  STORAGE_URL: 'the volume that all share',
  BROWSER_PATH: 'the Chromium of the image',
};

describe('docker-compose.yml', () => {
  it.each(['api', 'worker'])('passes every variable of .env.example on to the %s', (service) => {
    const documented = Object.keys(parseEnv(readFileSync('.env.example', 'utf8')));
    const missing = documented
      .filter((name) => !(name in FIXED))
      .filter((name) => environmentOf(service, { ...SECRETS, [name]: 'given' })[name] !== 'given')
      .map((name) => `add to x-environment in docker-compose.yml:   ${name}: \${${name}:-}`);
    expect(missing).toEqual([]);
  });

  it.each(['api', 'worker'])('sets only variables that the application reads, for the %s', (service) => {
    const names = Object.keys(environmentOf(service, SECRETS));
    expect(names).toEqual(expect.arrayContaining(['ROLE', 'DATABASE_URL', 'REDIS_URL']));
    expect(names.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  it.each(['api', 'worker'])(
    'gives the %s a valid configuration with no more than the secrets',
    (service) => {
      expect(readEnvironment(environmentOf(service, SECRETS))).toMatchObject({
        ROLE: service,
        DATABASE_URL: 'postgres://order_reports:order_reports@postgres:5432/order_reports',
        PUBLIC_URL: 'http://localhost:3000',
      });
    },
  );

  it.each(Object.keys(SECRETS))('refuses to start without %s', (name) => {
    expect(() => environmentOf('api', { ...SECRETS, [name]: '' })).toThrow(`set ${name}`);
  });

  it('builds links for the port that it publishes', () => {
    expect(environmentOf('api', { ...SECRETS, PORT: '8080' })['PUBLIC_URL']).toBe('http://localhost:8080');
  });
});

describe('compose.dev.yml', () => {
  interface Service {
    image: string;
    environment?: object;
    command?: string[];
    ports?: string[];
    healthcheck: { test: string[] };
  }
  const servicesOf = (file: string): Record<string, Service> =>
    (parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Record<string, Service> }).services;
  const whole = servicesOf('docker-compose.yml');
  const dev = servicesOf('compose.dev.yml');

  it('runs what docker-compose.yml keeps data in, and nothing else', () => {
    const own = ['api', 'worker'];
    expect(Object.keys(dev).sort()).toEqual(
      Object.keys(whole)
        .filter((name) => !own.includes(name))
        .sort(),
    );
  });

  it.each(Object.keys(dev))(
    'runs %s as docker-compose.yml does, and publishes it on loopback alone',
    (name) => {
      expect(dev[name]?.image).toBe(whole[name]?.image);
      expect(dev[name]?.command).toEqual(whole[name]?.command);
      expect(dev[name]?.healthcheck.test).toEqual(whole[name]?.healthcheck.test);
      expect(dev[name]?.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
    },
  );

  it('says by which variables the service reaches them', () => {
    const text = readFileSync('compose.dev.yml', 'utf8');
    const variables = parseEnv(text.replaceAll(/^# {3}(?=\w+=)/gm, ''));
    expect(readEnvironment(variables)).toMatchObject({
      DATABASE_URL: 'postgres://order_reports:order_reports@127.0.0.1:5432/order_reports',
      REDIS_URL: 'redis://127.0.0.1:6379',
    });
  });
});

describe('Dockerfile', () => {
  it('sets only variables that the application or Node reads', () => {
    const run =
      readFileSync('Dockerfile', 'utf8')
        .split(/^FROM /m)
        .at(-1) ?? '';
    const block = /^ENV ((?:.*\\\n)*.*)/m.exec(run)?.[1] ?? '';
    const names = [...block.matchAll(/(\w+)=/g)].map(([, name]) => name);
    expect(names).toContain('DATA_DIR');
    expect(names.filter((name) => name === undefined || ![...VARIABLES, 'NODE_ENV'].includes(name))).toEqual(
      [],
    );
  });
});
