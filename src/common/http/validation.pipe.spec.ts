import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { AppError, type FieldError } from '../app-error';
import { StrictValidationPipe } from './validation.pipe';

class Line {
  @IsString()
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

  it('refuses fields that it does not know', async () => {
    expect(await fieldsOf({ ...GOOD, colour: 'red' })).toEqual([
      { field: 'colour', message: 'colour is not a known field' },
    ]);
    expect(await fieldsOf({ ...GOOD, lines: [{ sku: 'LAMP', colour: 'red' }] })).toEqual([
      { field: 'lines.0.colour', message: 'lines.0.colour is not a known field' },
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
