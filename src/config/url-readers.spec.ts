import { AppConfig, InvalidConfigurationError, readEnvironment } from './app-config';

const SECRET = 's3cret';

const URLS: Record<string, { taken: string[]; refused: string[] }> = {
  DATABASE_URL: {
    taken: [
      'postgres://localhost/orders',
      'postgresql://user:pa%2Fss%23%40@10.0.0.1:5432/orders?sslmode=verify-full',
      'postgres://user:password@[::1]:5432/orders',
      'postgres://host/orders?options=-c search_path=orders',
      'postgres://user:password@/orders?host=/var/run/postgresql',
      'postgres://%2Fvar%2Frun%2Fpostgresql/orders',
      'postgres:///orders',
    ],
    refused: [
      `postgres://user:${SECRET}/with-slash@host:5432/orders`,
      `postgres://user:${SECRET}#hash@host:5432/orders`,
      `postgres://user:${SECRET}?question@host:5432/orders`,
      `postgres://user:12/${SECRET}@host:5432/orders`,
      `postgres://user:12#${SECRET}@host:5432/orders`,
      `postgres://user:12?${SECRET}@host:5432/orders`,
      `postgres://user:100%${SECRET}@host:5432/orders`,
      `postgres://user:${SECRET}@host:port/orders`,
      `postgres://user:${SECRET}@one:5432,two:5432/orders`,
      `mysql://user:${SECRET}@host/orders`,
      `host=localhost password=${SECRET}`,
    ],
  },
  REDIS_URL: {
    taken: [
      'redis://localhost',
      'redis://localhost:6379/',
      'rediss://app:pa%2Fss@redis.example.com:6380/1?family=6',
      'redis://:password@127.0.0.1:6379/0',
    ],
    refused: [
      `redis://app:${SECRET}/with-slash@host:6379`,
      `redis://app:${SECRET}@host:not-a-port`,
      `redis://app:12/${SECRET}@host:6379`,
      `redis://app:12#${SECRET}@host`,
      `redis://app:100%${SECRET}@host`,
      `redis://host/${SECRET}`,
      `http://:${SECRET}@host`,
      `redis:${SECRET}`,
      'redis://',
    ],
  },
  STORAGE_URL: {
    taken: [
      'file:///srv/artifacts',
      'file:/srv/artifacts',
      'file://localhost/srv/with%20space',
      's3://bucket',
      's3://bucket/prefix?region=eu-central-1',
      's3://bucket/a/b?region=local&endpoint=http://127.0.0.1:9000',
    ],
    refused: [
      `file://host/${SECRET}`,
      `file:${SECRET}`,
      `file:./${SECRET}`,
      `file:///srv/a#${SECRET}`,
      `file:///srv/a?${SECRET}`,
      `file:///srv/%zz${SECRET}`,
      `/srv/${SECRET}`,
      's3://',
      `s3:${SECRET}`,
      `s3://key:${SECRET}@bucket`,
      's3://bucket:9000',
      `s3://bucket?region=eu-central-1&endpoint=${SECRET}`,
      `s3://bucket?endpoint=http://key:${SECRET}@host`,
      's3://bucket?region=',
      `s3://bucket?endpont=http://${SECRET}`,
    ],
  },
  PUBLIC_URL: {
    taken: ['http://localhost:3000', 'https://reports.example.com/api/', 'http://order_reports:8080'],
    refused: [
      `http://host/?a=${SECRET}`,
      `http://host/#${SECRET}`,
      `http://user:${SECRET}@host`,
      `http:${SECRET}`,
      `ftp://${SECRET}`,
      `${SECRET}.example.com`,
    ],
  },
  CORS_ORIGINS: {
    taken: ['*', 'https://a.example', 'https://a.example,http://b:8080'],
    refused: [
      `https://a.example/${SECRET}`,
      `https://a.example?${SECRET}`,
      `https://user:${SECRET}@a.example`,
      'https://A.example',
      'https://a.example:443',
      'https://a.example, https://b.example',
      'null',
    ],
  },
};

describe.each(Object.entries(URLS))('%s', (name, { taken, refused }) => {
  it.each(taken)('takes %s', (value) => {
    expect(readEnvironment({ [name]: value })).toHaveProperty(name, value);
  });

  it.each(refused)('refuses %s by its name alone', (value) => {
    const refusal = (): unknown => readEnvironment({ [name]: value });
    expect(refusal).toThrow(InvalidConfigurationError);
    expect(refusal).toThrow(`  - ${name} must be `);
    expect(refusal).not.toThrow(SECRET);
  });
});

it('writes the public URL as every client reads it', () => {
  const { publicUrl, publicPath } = new AppConfig(
    readEnvironment({ PUBLIC_URL: 'HTTPS://Reports.example:443/api//' }),
    { databaseUrl: 'postgres://localhost/orders', redisUrl: 'redis://localhost' },
  );
  expect([publicUrl, publicPath]).toEqual(['https://reports.example/api', '/api']);
});
