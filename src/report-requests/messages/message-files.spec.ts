import { parse } from '@formatjs/icu-messageformat-parser';
import { ORDER_COLUMNS } from '../../orders/order-columns';
import { ORDER_STATUSES } from '../../orders/order-status';
import { argumentsOf } from './label-fault';
import { isMessageKey, Language, LANGUAGES, languageOf, MessageKey, messagesOf } from './message-files';

const KEYS = Object.keys(messagesOf('en')) as MessageKey[];
const OTHERS = LANGUAGES.filter((language) => language !== 'en');

const argumentsIn = (language: Language, key: MessageKey): [string, string][] =>
  [...argumentsOf(parse(messagesOf(language)[key], { ignoreTag: true }))].sort();

/** Of whole numbers. */
function pluralsOf(language: Language): Set<string> {
  const rules = new Intl.PluralRules(language);
  const numbers = [...Array.from({ length: 200 }, (_, number) => number), 1e6, 2e6];
  return new Set(numbers.map((number) => rules.select(number)));
}

describe('the files of messages', () => {
  it('are there for nineteen languages', () => {
    expect([...LANGUAGES].sort()).toEqual(
      'ar de el en es fr he hi it ja ko nl pl pt ru tr uk zh-Hans zh-Hant'.split(' '),
    );
  });

  it('name each column and each status of an order', () => {
    expect(ORDER_COLUMNS.filter((column) => !isMessageKey(column))).toEqual([]);
    expect(ORDER_STATUSES.filter((status) => !isMessageKey(`status_${status}`))).toEqual([]);
  });

  it.each(OTHERS)('have each message and no other, in the order of the English ones: %s', (language) => {
    expect(Object.keys(messagesOf(language))).toEqual(KEYS);
  });

  it.each(OTHERS)('have the same arguments in each message: %s', (language) => {
    const ofLanguage = KEYS.map((key) => [key, argumentsIn(language, key)]);
    expect(ofLanguage).toEqual(KEYS.map((key) => [key, argumentsIn('en', key)]));
  });

  it.each(LANGUAGES)('count as the language counts: %s', (language) => {
    const forms = messagesOf(language).order_count.matchAll(/(\w+) \{/g);
    expect(new Set(Array.from(forms, ([, form]) => form))).toEqual(pluralsOf(language).add('other'));
  });

  it.each(LANGUAGES)(
    'say all on one line, and nothing twice where it would be read as one: %s',
    (language) => {
      const messages = messagesOf(language);
      expect(KEYS.filter((key) => messages[key].trim() !== messages[key] || messages[key] === '')).toEqual(
        [],
      );
      expect(KEYS.filter((key) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]| {2}|<|'/u.test(messages[key]))).toEqual([]);
      // In one report they stand beside each other.
      const alike = (keys: readonly string[]): void => {
        const texts = keys.map((key) => messages[key as MessageKey]);
        expect(new Set(texts).size).toBe(texts.length);
      };
      alike(ORDER_COLUMNS);
      alike(ORDER_STATUSES.map((status) => `status_${status}`));
      alike(['orders', 'gross', 'cancelled', 'refunded', 'net']);
    },
  );

  it('are written in the letters of their language', () => {
    const scripts: Partial<Record<Language, RegExp>> = {
      ar: /\p{Script=Arabic}/u,
      el: /\p{Script=Greek}/u,
      he: /\p{Script=Hebrew}/u,
      hi: /\p{Script=Devanagari}/u,
      ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
      ko: /\p{Script=Hangul}/u,
      ru: /\p{Script=Cyrillic}/u,
      uk: /\p{Script=Cyrillic}/u,
      'zh-Hans': /\p{Script=Han}/u,
      'zh-Hant': /\p{Script=Han}/u,
    };
    for (const [language, letters] of Object.entries(scripts)) {
      const messages = messagesOf(language as Language);
      expect([language, KEYS.filter((key) => key !== 'sku' && !letters.test(messages[key]))]).toEqual([
        language,
        [],
      ]);
    }
  });
});

describe('the language of a locale', () => {
  it.each([
    ['en-US', 'en'],
    ['de-AT', 'de'],
    ['pt-BR', 'pt'],
    ['iw', 'he'],
    ['ar-u-nu-latn', 'ar'],
    ['zh', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-Hans-HK', 'zh-Hans'],
  ])('%s is read in %s', (locale, language) => {
    expect(languageOf(locale)).toBe(language);
  });

  it.each(['sv', 'fa', 'hi-Latn', 'yue', 'und', 'en-Shaw'])('%s is read in English', (locale) => {
    expect(languageOf(locale)).toBe('en');
  });
});
