import { tracesOf } from './traces';

/** As Postgres reads it, in the parts that JavaScript reads alike. */
const finds = (expression: string | null, text: string): boolean =>
  expression !== null && new RegExp(expression, 'i').test(text);

describe('the traces of a person', () => {
  const { byReference, byName } = tracesOf('CG-12520', [
    'Claire Gute',
    'Claire "CG" Gute <claire@shop.test>',
    '-',
  ]);

  it.each([
    '{"customer_reference": "CG-12520"}',
    'https://shop.test/hook?customer=CG-12520&x=1',
    'https://shop.test/customers/cg-12520',
    'CG-12520',
    '{"note":"for\\nCG-12520"}',
  ])('are found by the reference in %s', (text) => expect(finds(byReference, text)).toBe(true));

  it.each(['{"customer_reference": "CG-125200"}', 'XCG-12520', 'CG-1252'])(
    'are not found by the reference in %s',
    (text) => expect(finds(byReference, text)).toBe(false),
  );

  it.each([
    '{"title":"Orders of Claire Gute"}',
    '{"customer_name":"claire gute"}',
    '{"name":"Claire \\"CG\\" Gute <claire@shop.test>"}',
    'saved: CLAIRE@shop.test',
    '?name=Claire%20Gute',
    '?name=Claire+Gute&x',
    '?mail=claire%40shop.test',
    '?a=%20Claire+Gute',
  ])('are found by name or e-mail address in %s', (text) => expect(finds(byName, text)).toBe(true));

  it.each(['{"customer_name":"-"}', '{"name":"Eclaire Gute"}', 'eclaire@shop.test', 'Claire'])(
    'are not found by name in %s',
    (text) => expect(finds(byName, text)).toBe(false),
  );

  it('of a short reference are found as the whole of a value alone', () => {
    const short = tracesOf('7', []);
    expect(short.byName).toBeNull();
    expect(finds(short.byReference, '{"customer_reference":"7"}')).toBe(true);
    expect(finds(short.byReference, 'https://shop.test/?customer=7')).toBe(true);
    expect(finds(short.byReference, '{"quantity":"17","attempt":7,"text":"7 pieces"}')).toBe(false);
  });

  describe('of a reference of digits alone', () => {
    const { byReference } = tracesOf('1315', []);

    it.each([
      '{"customer_reference": "1315"}',
      '{"customer_reference":"1315","x":1}',
      '{"echo":"{\\"customer\\":\\"1315\\"}"}',
      'https://shop.test/customers/1315',
      '{"url":"https://shop.test/customers/1315/orders?x=1"}',
      '{"path":"/v1/customers/1315"}',
      '{}\nhttps://shop.test/?x=1&customer=1315\nrequest-1',
      '1315',
    ])('are found in %s', (text) => expect(finds(byReference, text)).toBe(true));

    it.each([
      '{"orders":1315}',
      '{"orders": 1315, "rows": [1315]}',
      '{"timestamp":"2026-03-10T12:00:00.1315Z"}',
      '{"start_date":"1315-01-01"}',
      '{"title":"Orders of 1315"}',
      '{"note":"on 01/07/1315"}',
      '{"id":"01a21c47-1315-7250-baf7-871633769106"}',
      'https://shop-1315.test/v1315/x-1315?y=x-1315',
    ])('are not found in %s', (text) => expect(finds(byReference, text)).toBe(false));
  });

  it('of a word of JSON are found as the whole of a value alone', () => {
    const { byName } = tracesOf('C-1000', ['Null']);
    expect(finds(byName, '{"customer_name":"Null"}')).toBe(true);
    expect(finds(byName, '{"cancelled_at": null, "title": "none"}')).toBe(false);
  });

  it('need no spaces around a name that is not written in Latin letters', () => {
    expect(finds(tracesOf('C-1000', ['王小明']).byName, '客户王小明的订单')).toBe(true);
  });

  it('take what is special in an expression as it is', () => {
    const odd = tracesOf('a.b*(c)[d]{e}|f\\g$^+?', ['R. (Bob) O’Neil']);
    expect(finds(odd.byReference, 'x a.b*(c)[d]{e}|f\\g$^+? y')).toBe(true);
    expect(finds(odd.byReference, 'x aXbbb y')).toBe(false);
    expect(finds(odd.byName, 'of R. (Bob) O’Neil')).toBe(true);
  });
});
