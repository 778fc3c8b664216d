import en from './en.json';

/** What a report says: each message has a key, under which every language has it. */
export type MessageKey = keyof typeof en;

/** A file for each language. Missing keys do not compile. */
const FILES = { en } satisfies Record<string, Record<MessageKey, string>>;

/** BCP 47: the language, and its script where it is written in several. */
export type Language = keyof typeof FILES;

export const LANGUAGES = Object.keys(FILES) as Language[];

const FALLBACK: Language = 'en';

export const isMessageKey = (text: string): text is MessageKey => Object.hasOwn(en, text);

export const messagesOf = (language: Language): Readonly<Record<MessageKey, string>> => FILES[language];

/** The language of the file that a locale's reader is given: English where their own has none. */
export function languageOf(locale: string): Language {
  const wanted = writtenLanguageOf(locale);
  return LANGUAGES.find((language) => writtenLanguageOf(language) === wanted) ?? FALLBACK;
}

/** "zh-Hant" of zh-TW: Chinese has a file for each of its scripts, and Hindi in Latin letters is not that of its file. */
function writtenLanguageOf(tag: string): string {
  const { language, script } = new Intl.Locale(tag).maximize();
  return `${language}-${script ?? ''}`;
}
