import { IntlMessageFormat } from 'intl-messageformat';
import { LRUCache } from 'lru-cache';
import type { OrderColumn } from '../../orders/order-columns';
import { isMessageKey, Language, languageOf, MessageKey, messagesOf } from './message-files';

/** What a message's arguments stand for. Numbers are counts; whatever else has digits comes as text. */
export type MessageValues = Record<string, string | number>;

/** A message is parsed once, and reports are mostly in a few languages. */
const kept = new LRUCache<string, ReportMessages>({ max: 20 });

/** @param labels texts of one's own, by key, in the place of ours */
export function reportMessages(locale: string, labels: Record<string, string> = {}): ReportMessages {
  if (Object.keys(labels).length > 0) return new ReportMessages(locale, labels);
  const messages = kept.get(locale) ?? new ReportMessages(locale, labels);
  kept.set(locale, messages);
  return messages;
}

/** The words of one report, in the language of its reader. */
export class ReportMessages {
  /** Of the words: English where the locale's own language has no file. */
  readonly language: Language;
  /** Of our messages: it says how numbers and plurals are written. */
  private readonly formatLocale: string;
  private readonly formats = new Map<MessageKey, IntlMessageFormat>();
  /** Of messages without arguments, which a long report writes in each of its rows. */
  private readonly plain = new Map<MessageKey, string>();

  constructor(
    private readonly locale: string,
    private readonly labels: Record<string, string>,
  ) {
    this.language = languageOf(locale);
    this.formatLocale = isSameLanguage(locale, this.language) ? locale : withDigitsOf(locale, this.language);
  }

  /** @throws Error when a value is missing that the message needs */
  text(key: MessageKey, values?: MessageValues): string {
    if (values !== undefined) return this.formatOf(key).format(values) as string;
    let text = this.plain.get(key);
    if (text === undefined) {
      text = this.formatOf(key).format() as string;
      this.plain.set(key, text);
    }
    return text;
  }

  heading(column: OrderColumn): string {
    return this.text(column);
  }

  /** @param status of an order; one without a name of its own is shown as it is */
  status(status: string): string {
    const key = `status_${status}`;
    return isMessageKey(key) ? this.text(key) : status;
  }

  private formatOf(key: MessageKey): IntlMessageFormat {
    let format = this.formats.get(key);
    if (!format) {
      const label = this.labels[key];
      format =
        label === undefined
          ? parsed(messagesOf(this.language)[key], this.formatLocale)
          : parsed(label, this.locale);
      this.formats.set(key, format);
    }
    return format;
  }
}

const parsed = (message: string, locale: string): IntlMessageFormat =>
  new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });

const isSameLanguage = (locale: string, language: Language): boolean =>
  new Intl.Locale(locale).language === new Intl.Locale(language).language;

/** Words in English between dates and amounts in another language's digits have these digits, too. */
function withDigitsOf(locale: string, language: Language): string {
  const { numberingSystem } = new Intl.NumberFormat(locale).resolvedOptions();
  return new Intl.Locale(language, { numberingSystem }).toString();
}
