import { isPrintableLocale } from '../../src/report-requests/rendering/printable-locale';
import { allLocales } from '../support/locales';

/** Digits that are not those which the language has by itself. */
const OTHER_DIGITS = ['hi-u-nu-deva', 'th-u-nu-thai', 'zh-u-nu-hanidec', 'ar-u-nu-arab'];

/** One in each language that a report can be printed in. */
export const PRINTABLE_LOCALES = [...allLocales().filter(isPrintableLocale), ...OTHER_DIGITS];
