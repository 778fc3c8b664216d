import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { AppError, type FieldError } from '../app-error';
import { StrictValidationPipe } from './strict-validation.pipe';

class Line {
  @IsString()
  @Length(1, 20)
  @Matches(/^[A-Z]+$/)
  sku: string;
}

class Order {
  @IsString()
  number: string;

  @ValidateNested({ each: true })
  @Type(() => Line)
  lines: Line[];
}

class Query {
  @Type(() => Number)
  @IsInt()
  page_size: number;
}

const pipe = new StrictValidationPipe();
const GOOD = { number: 'A-1', lines: [{ sku: 'LAMP' }] };

async function refusalOf(value: unknown, type: 'body' | 'query' = 'body'): Promise<AppError> {
  const refusal: unknown = await pipe
    .transform(value, { type, metatype: type === 'body' ? Order : Query })
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(AppError);
  return refusal as AppError;
}

const fieldsOf = async (value: unknown): Promise<FieldError[]> =>
  (await refusalOf(value)).details.errors ?? [];

describe('the validation of input', () => {
  it('lets a good body pass, as an instance of its class', async () => {
    const body: unknown = await pipe.transform(GOOD, { type: 'body', metatype: Order });
    expect(body).toBeInstanceOf(Order);
    expect(body).toEqual(GOOD);
  });

  it('names each bad field, those inside of others by their path', async () => {
    expect(await fieldsOf({ number: 7, lines: [{ sku: 'LAMP' }, { sku: null }] })).toEqual([
      { field: 'number', message: 'number must be a string' },
      { field: 'lines.1.sku', message: 'sku must be a string' },
    ]);
  });

  it('says of a bad field what is most wrong with it, and that alone', async () => {
    const messagesOf = async (sku: unknown): Promise<string[]> =>
      (await fieldsOf({ ...GOOD, lines: [{ sku }] })).map(({ message }) => message);
    for (const sku of [5, null, undefined, ['A']])
      expect(await messagesOf(sku)).toEqual(['sku must be a string']);
    expect(await messagesOf('')).toEqual(['sku must be longer than or equal to 1 characters']);
    expect(await messagesOf('lamp')).toEqual([expect.stringMatching(/must match/)]);
  });

  it('refuses fields that it does not know', async () => {
    expect(await fieldsOf({ ...GOOD, colour: 'red' })).toEqual([
      { field: 'colour', message: 'colour is not a known field' },
    ]);
    expect(await fieldsOf({ ...GOOD, lines: [{ sku: 'LAMP', colour: 'red' }] })).toEqual([
      { field: 'lines.0.colour', message: 'lines.0.colour is not a known field' },
    ]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'prototype'])(
    'refuses a field named %s, also inside of others',
    async (name) => {
      const body = (outer: string, inner: string): unknown =>
        JSON.parse(`{"number":"A-1"${outer},"lines":[{"sku":"LAMP"${inner}}]}`);
      const field = `,"${name}":{}`;
      expect(await fieldsOf(body(field, ''))).toEqual([
        { field: name, message: `${name} is not a known field` },
      ]);
      expect(await fieldsOf(body('', field))).toMatchObject([{ field: `lines.0.${name}` }]);
    },
  );

  it.each(['a\0b', 'a\ud800b', '\udc00'])('refuses text that cannot be stored: %j', async (text) => {
    expect(await fieldsOf({ ...GOOD, number: text })).toMatchObject([{ field: 'number' }]);
    expect(await refusalOf({ page_size: text }, 'query')).toMatchObject({ kind: 'bad_request' });
  });

  it('lets letters beyond the first 65,536 pass', async () => {
    const body = { ...GOOD, number: '😀' };
    expect(await pipe.transform(body, { type: 'body', metatype: Order })).toEqual(body);
  });

  it('refuses nesting without end, instead of running out of stack', async () => {
    const number: unknown = JSON.parse('['.repeat(40_000) + ']'.repeat(40_000));
    expect(await fieldsOf({ ...GOOD, number })).toMatchObject([
      { message: expect.stringContaining('nested too deeply') as string },
    ]);
  });

  it('calls a body unprocessable and a query a bad request', async () => {
    expect(await refusalOf({})).toMatchObject({ kind: 'unprocessable', code: 'invalid_request' });
    expect(await refusalOf({ page_size: 'many' }, 'query')).toMatchObject({
      kind: 'bad_request',
      code: 'invalid_request',
      details: { errors: [{ field: 'page_size' }] },
    });
  });

  it.each([undefined, null, 'text', 7, [GOOD]])('takes %j for no body at all', async (value) => {
    expect(await refusalOf(value)).toMatchObject({ kind: 'bad_request', code: 'invalid_body' });
  });
});
