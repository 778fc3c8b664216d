const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Checks an exact decimal string such as "-1234.5678".
 *
 * @throws RangeError for anything else
 */
export function assertDecimal(text: string): asserts text is `${number}` {
  if (!DECIMAL.test(text)) throw new RangeError('An amount is not a decimal number.');
}

/** Exact sum of decimal strings, with as many decimals as the most precise of them. */
export function sumDecimals(amounts: readonly string[]): string {
  const parsed = amounts.map(parse);
  const scale = Math.max(0, ...parsed.map((amount) => amount.scale));
  const units = parsed.reduce((sum, amount) => sum + amount.units * 10n ** BigInt(scale - amount.scale), 0n);
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return `${units < 0n ? '-' : ''}${whole}${fraction}`;
}

function parse(text: string): { units: bigint; scale: number } {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError('An amount is not a decimal number.');
  const [, sign = '', whole = '', fraction = ''] = match;
  return { units: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}
