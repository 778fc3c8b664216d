/** Reads back what a locale wrote, by its own digits and separators; whatever else is in a text is passed over. */
class LocalizedNumbers {
  private readonly digits: Map<string, string>;
  private readonly decimal: string;
  private readonly minus: string;

  /** @param currency of money, which some currencies separate in a way of their own */
  constructor(locale: string, currency?: string) {
    const digits = new Intl.NumberFormat(locale, { useGrouping: false });
    this.digits = new Map(Array.from('0123456789', (digit) => [digits.format(Number(digit)), digit]));
    const parts = new Intl.NumberFormat(locale, {
      minimumFractionDigits: 1,
      ...(currency !== undefined && { style: 'currency', currency }),
    }).formatToParts(-1.5);
    const valueOf = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
    this.decimal = valueOf('decimal');
    this.minus = valueOf('minusSign').replace(WITHOUT_SHAPE, '');
  }

  /** The number in a text as a plain decimal. */
  read(text: string): string {
    const characters = Array.from(text.replace(WITHOUT_SHAPE, ''));
    const digitAt = (index: number): string | undefined => this.digitOf(characters[index] ?? '');
    const isBetweenDigits = (index: number): boolean =>
      digitAt(index - 1) !== undefined && digitAt(index + this.decimal.length) !== undefined;
    const found = characters
      .map((_, index) => {
        const digit = digitAt(index);
        if (digit !== undefined) return digit;
        const isDecimal = characters.slice(index, index + this.decimal.length).join('') === this.decimal;
        return isDecimal && isBetweenDigits(index) ? '.' : '';
      })
      .join('');
    if (!/^\d+(\.\d+)?$/.test(found)) throw new Error(`There is no number in ${JSON.stringify(text)}.`);
    return `${characters.includes(this.minus) ? '-' : ''}${found}`;
  }

  private digitOf(character: string): string | undefined {
    return this.digits.get(character) ?? decimalDigit(character);
  }
}

/** Of any script: a font draws some of two scripts alike, and then a PDF has only one of them as its text. */
function decimalDigit(character: string): string | undefined {
  if (!DIGIT.test(character)) return undefined;
  // The ten of a script stand together, and first of them the zero.
  let digit = 0;
  const point = character.codePointAt(0) ?? 0;
  while (DIGIT.test(String.fromCodePoint(point - digit - 1))) digit += 1;
  return String(digit % 10);
}

const DIGIT = /\p{Nd}/u;
/** Marks of direction. */
const WITHOUT_SHAPE = /[\u061c\u200e\u200f\u2066-\u2069\u202a-\u202e]/g;

const kept = new Map<string, LocalizedNumbers>();

/** Made once: making one takes longer than what it reads. */
export function localizedNumbers(locale: string, currency?: string): LocalizedNumbers {
  const key = `${locale} ${currency}`;
  const numbers = kept.get(key) ?? new LocalizedNumbers(locale, currency);
  kept.set(key, numbers);
  return numbers;
}
