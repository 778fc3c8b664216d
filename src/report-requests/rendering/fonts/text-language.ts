const CJK =
  /[\u1100-\u11ff\u2e80-\u312f\u3130-\u318f\u3190-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u{20000}-\u{3ffff}]/u;
const KANA = /[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]/;
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]/;

/** The languages that draw the same Han characters differently; `zh` without its script is simplified. */
export type CjkLanguage = 'ja' | 'ko' | 'zh' | 'zh-Hant';

/** The language of a report, with the script where it decides how Han characters are drawn. */
export function textLanguageOf(locale: string): string {
  const { language, script } = new Intl.Locale(locale).maximize();
  return language === 'zh' && script === 'Hant' ? 'zh-Hant' : language;
}

/**
 * Which of them a text is in: by its script, or else the language of the report; null for other scripts.
 *
 * @param reportLanguage as `textLanguageOf` gives it
 */
export function cjkLanguageOf(text: string, reportLanguage: string): CjkLanguage | null {
  if (!CJK.test(text)) return null;
  if (KANA.test(text)) return 'ja';
  if (HANGUL.test(text)) return 'ko';
  return isCjkLanguage(reportLanguage) ? reportLanguage : 'zh';
}

export const isCjkLanguage = (language: string): language is CjkLanguage =>
  ['ja', 'ko', 'zh', 'zh-Hant'].includes(language);
