import { BrandsService } from '../../src/brands/brands.service';
import { Scope } from '../../src/clients/scope';
import { waitFor } from '../support/services';
import { type Answer, type CallOptions, TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';

const SVG = { 'Content-Type': 'image/svg+xml' };
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20"><path fill="#0b7285" d="M0 0h80v20H0z"/><text>Acme</text></svg>';
const BRAND = {
  name: 'Acme Web Shop GmbH',
  address: ['Hauptstraße 1', '10115 Berlin'],
  accent_color: '#ffd43b',
  footer: 'Acme Web Shop GmbH · VAT DE123456789',
};
const PLAIN = { name: null, address: [], accent_color: null, footer: null, logo: null };

let app: TestApp;
let shops = 0;
let shop: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'all' });
});

afterAll(() => app.stop());

beforeEach(async () => {
  shop = await app.client(`shop ${(shops += 1)}`);
});

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  app.call(method, path, { key: shop.key, ...options });
const put = (body: unknown): Promise<Answer> => call('PUT', '/v1/brand', { body });
const putLogo = (body: string | Buffer, headers: Record<string, string> = SVG): Promise<Answer> =>
  call('PUT', '/v1/brand/logo', { body, headers });
const brandOf = (clientId: string) => app.app.get(BrandsService).of(clientId);

async function acts(): Promise<{ action: string; details: object }[]> {
  const { body } = await app.call('GET', `/v1/audit?client_id=${shop.id}`, { key: ADMIN_KEY });
  return body.data
    .map(({ action, details }: { action: string; details: object }) => ({ action, details }))
    .filter(({ action }: { action: string }) => /^(brand|logo)\./.test(action));
}

it('a client without a brand has none, and is answered so', async () => {
  expect(await call('GET', '/v1/brand')).toMatchObject({ status: 200, body: PLAIN });
  expect((await call('DELETE', '/v1/brand/logo')).status).toBe(204);
  expect(await brandOf(shop.id)).toBeNull();
  expect(await acts()).toEqual([]);
});

it('is put as a whole, but for its logo', async () => {
  const logo = { media_type: 'image/svg+xml', width: 80, height: 20, bytes: expect.any(Number) as number };
  expect(await put({ ...BRAND, accent_color: '#FFD43B', name: `  ${BRAND.name} ` })).toMatchObject({
    status: 200,
    body: { ...BRAND, logo: null },
  });
  expect(await putLogo(LOGO)).toMatchObject({ status: 200, body: { ...logo, removed: ['text'] } });
  expect((await call('GET', '/v1/brand')).body).toEqual({ ...BRAND, logo });
  expect((await put({ name: 'Acme', address: null })).body).toEqual({ ...PLAIN, name: 'Acme', logo });
  expect((await call('DELETE', '/v1/brand/logo')).status).toBe(204);
  expect((await call('GET', '/v1/brand')).body).toEqual({ ...PLAIN, name: 'Acme' });
});

it('is given to reports with a colour that can be read, and a logo that holds nothing else', async () => {
  await put(BRAND);
  await putLogo(LOGO);
  const brand = await brandOf(shop.id);
  expect(brand).toEqual({
    name: BRAND.name,
    address: BRAND.address,
    accentColor: '#8d741c',
    footer: BRAND.footer,
    logo: {
      dataUri: expect.stringMatching(/^data:image\/svg\+xml;base64,/) as string,
      width: 80,
      height: 20,
    },
  });
  const drawn = Buffer.from(brand!.logo!.dataUri.split(',')[1]!, 'base64').toString();
  expect(drawn).toBe(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20" width="80" height="20"><path fill="#0b7285" d="M0 0h80v20H0z"></path></svg>',
  );
});

it('is of one client alone', async () => {
  await put(BRAND);
  await putLogo(LOGO);
  const other = await app.client(`another than ${shops}`);
  expect((await app.call('GET', '/v1/brand', { key: other.key })).body).toEqual(PLAIN);
  await app.call('PUT', '/v1/brand', { key: other.key, body: {} });
  await app.call('DELETE', '/v1/brand/logo', { key: other.key });
  expect((await call('GET', '/v1/brand')).body).toMatchObject({ ...BRAND, logo: { width: 80 } });
  const { key } = await app.client(`without the scope ${shops}`, [Scope.Orders, Scope.Webhooks]);
  for (const [method, path] of [
    ['GET', '/v1/brand'],
    ['PUT', '/v1/brand'],
    ['PUT', '/v1/brand/logo'],
    ['DELETE', '/v1/brand/logo'],
  ] as const)
    expect(await app.call(method, path, { key })).toMatchObject({
      status: 403,
      body: { code: 'missing_scope' },
    });
});

it.each<[object, string]>([
  [{ name: '' }, 'name must be text without control characters'],
  [{ name: ' \u200b ' }, 'name must be text without control characters'],
  [{ name: 'Acme\nGmbH' }, 'name must be text without control characters'],
  [{ name: 'Acme\u0007' }, 'name must be text without control characters'],
  [{ name: 'a'.repeat(201) }, 'name must be shorter than or equal to 200 characters'],
  [{ name: 7 }, 'name must be text without control characters'],
  [{ name: ['Acme'] }, 'name must be text without control characters'],
  [{ footer: 'a\u0085b' }, 'footer must be text without control characters'],
  [{ footer: 'a'.repeat(201) }, 'footer must be shorter than or equal to 200 characters'],
  [{ address: 'Hauptstraße 1' }, 'address must be an array'],
  [{ address: Array(7).fill('a') }, 'address must have at most 6 elements'],
  [{ address: ['a', 'b\tc'] }, 'each value in address must be text without control characters'],
  [{ address: ['a', null] }, 'each value in address must be text without control characters'],
  [{ address: [['a']] }, 'each value in address must be text without control characters'],
  [{ address: ['a'.repeat(101)] }, 'each value in address must be shorter than or equal to 100 characters'],
  [{ accent_color: 'red' }, 'accent_color must be a colour such as #0b7285'],
  [{ accent_color: '#fff' }, 'accent_color must be a colour such as #0b7285'],
  [{ accent_color: '#0b7285;}' }, 'accent_color must be a colour such as #0b7285'],
  [{ accent_color: ['#0b7285'] }, 'accent_color must be a colour such as #0b7285'],
  [{ logo: null }, 'logo is not a known field'],
])('refuses %j', async (body, message) => {
  expect(await put(body)).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', errors: [{ field: Object.keys(body)[0], message }] },
  });
  expect((await call('GET', '/v1/brand')).body).toEqual(PLAIN);
});

it('keeps texts as they are, whatever they mean elsewhere', async () => {
  const name = '</title><script>{{7*7}}${x}‮ & "Söhne" 株式会社 שלום';
  expect((await put({ name })).body.name).toBe(name);
});

it.each<[string, string | Buffer, Record<string, string>, number, string]>([
  ['a body of 201 kB', Buffer.alloc(201 * 1024, ' '), SVG, 413, 'body_too_large'],
  ['a compressed body', LOGO, { ...SVG, 'Content-Encoding': 'gzip' }, 415, 'unsupported_encoding'],
  ['JSON', '{}', { 'Content-Type': 'application/json' }, 415, 'unsupported_media_type'],
  ['a GIF', 'GIF89a', { 'Content-Type': 'image/gif' }, 415, 'unsupported_media_type'],
  ['XML', LOGO, { 'Content-Type': 'text/xml' }, 415, 'unsupported_media_type'],
  ['nothing', '', SVG, 422, 'invalid_logo'],
  ['an SVG that is said to be a PNG', LOGO, { 'Content-Type': 'image/png' }, 422, 'invalid_logo'],
])('refuses as a logo: %s', async (_, body, headers, status, code) => {
  await putLogo(LOGO);
  expect(await putLogo(body, headers)).toMatchObject({ status, body: { code } });
  expect((await call('GET', '/v1/brand')).body.logo.width).toBe(80);
});

it('takes pictures nowhere else', async () => {
  for (const path of ['/v1/brand', '/v1/orders'])
    expect(await call('PUT', path, { body: LOGO, headers: SVG })).toMatchObject({ status: 415 });
});

it('the audit trail says that it was changed and not to what, and nothing where nothing was', async () => {
  await put(BRAND);
  await put(BRAND);
  await putLogo(LOGO);
  await putLogo(LOGO);
  await put({});
  await call('DELETE', '/v1/brand/logo');
  await call('DELETE', '/v1/brand/logo');
  expect(await acts()).toEqual([
    { action: 'logo.deleted', details: {} },
    { action: 'brand.changed', details: {} },
    { action: 'logo.changed', details: { media_type: 'image/svg+xml', bytes: expect.any(Number) as number } },
    { action: 'brand.changed', details: {} },
  ]);
});

it('goes with its client', async () => {
  await put(BRAND);
  await putLogo(LOGO);
  const rows = (): Promise<unknown[]> =>
    app.dataSource.query(
      'SELECT client_id FROM brand WHERE client_id = $1 UNION ALL SELECT client_id FROM brand_logo WHERE client_id = $1',
      [shop.id],
    );
  expect(await rows()).toHaveLength(2);
  const { body } = await app.call('DELETE', `/v1/clients/${shop.id}`, { key: ADMIN_KEY });
  await waitFor(
    async () =>
      (await app.call('GET', `/v1/erasures/${body.id}`, { key: ADMIN_KEY })).body.status === 'COMPLETED',
    { what: 'the erasure', timeoutMs: 120_000 },
  );
  expect(await rows()).toEqual([]);
});
