import ar from './ar.json';
import de from './de.json';
import el from './el.json';
import en from './en.json';
import es from './es.json';
import fr from './fr.json';
import he from './he.json';
import hi from './hi.json';
import it from './it.json';
import ja from './ja.json';
import ko from './ko.json';
import nl from './nl.json';
import pl from './pl.json';
import pt from './pt.json';
import ru from './ru.json';
import tr from './tr.json';
import uk from './uk.json';
import zhHans from './zh-Hans.json';
import zhHant from './zh-Hant.json';

/** What a report says: each message has a key, under which every language has it. */
export type MessageKey = keyof typeof en;

/** A file for each language. One that lacks a key does not compile. */
const FILES = {
  ar,
  de,
  el,
  en,
  es,
  fr,
  he,
  hi,
  it,
  ja,
  ko,
  nl,
  pl,
  pt,
  ru,
  tr,
  uk,
  'zh-Hans': zhHans,
  'zh-Hant': zhHant,
} satisfies Record<string, Record<MessageKey, string>>;

/** BCP 47: the language, and its script where it is written in several. */
export type Language = keyof typeof FILES;

export const LANGUAGES = Object.keys(FILES) as Language[];

const FALLBACK: Language = 'en';

export const MESSAGE_KEYS = Object.keys(en) as MessageKey[];

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
