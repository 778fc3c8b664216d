import { escapeHtml, Markup } from './markup';
import { cjkLanguageOf } from './fonts/text-language';
import { FontUse } from './fonts/font-library';
import { directionOf } from './text-direction';

// No row shows as many; a longer text only costs layout.
const MAX_LENGTH = 200;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const BREAKS = /[\s\u0000-\u001f\u007f-\u009f]+/g;
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const BIDI_CONTROLS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Stands in our words where somebody's go. */
export const SLOT = '\ufffc';

/** Somebody's text as one line of composed, well-formed characters, without control characters. */
export function oneLine(text: string): string {
  if (text.length <= MAX_LENGTH && PLAIN.test(text)) return text;
  const line = text
    .slice(0, 4 * MAX_LENGTH)
    .replace(BREAKS, ' ')
    .trim()
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .normalize('NFC');
  if (line.length <= MAX_LENGTH) return line;
  // The cut may fall between the halves of a character.
  return `${line.slice(0, MAX_LENGTH).replace(/\p{Surrogate}$/u, '')}…`;
}

/** Turns text into markup for one document, and notes the fonts that it needs. */
export class TextWriter {
  /** Of our words, where they run against what is around them. */
  private readonly wordsLanguage: string | null;

  /**
   * @param language of the document
   * @param wordsLanguage of our words: English where there are none in the document's language
   */
  constructor(
    private readonly fonts: FontUse,
    private readonly language: string,
    private readonly direction: 'ltr' | 'rtl',
    wordsLanguage: string,
  ) {
    this.wordsLanguage = directionOf(wordsLanguage) === direction ? null : wordsLanguage;
  }

  /** Somebody's text, kept apart from the direction and the Han characters of what surrounds it. */
  write(text: string): Markup {
    const line = this.fonts.add(oneLine(text));
    if (PLAIN.test(line) && this.direction === 'ltr') return new Markup(escapeHtml(line));
    const language = cjkLanguageOf(line, this.language);
    const lang = language && language !== this.language ? ` lang="${language}"` : '';
    const mixed = this.direction === 'rtl' || RIGHT_TO_LEFT.test(line) || BIDI_CONTROLS.test(line);
    if (!mixed && lang === '') return new Markup(escapeHtml(line));
    return new Markup(`<bdi${lang}>${escapeHtml(line)}</bdi>`);
  }

  /**
   * Our words, with numbers in them.
   *
   * @param name somebody's text, in the place of `SLOT`
   */
  words(text: string, name = Markup.empty): Markup {
    const [before = '', ...after] = text.split(SLOT).map((part) => escapeHtml(this.fonts.add(part)));
    const words = [before, ...after].join(name.text);
    if (this.wordsLanguage === null) return new Markup(words);
    return new Markup(
      `<bdi dir="${directionOf(this.wordsLanguage)}" lang="${this.wordsLanguage}">${words}</bdi>`,
    );
  }

  /** Numbers and dates as the locale writes them. */
  own(text: string): Markup {
    return new Markup(escapeHtml(this.fonts.add(text)));
  }
}
