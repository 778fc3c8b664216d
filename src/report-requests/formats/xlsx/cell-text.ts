import { escapeXml } from '../../../common/xml';

// What markup is made of, what XML has no place for or changes, and what would be read as the code of such a character.
const SPECIAL = /[&<>"\p{Cc}\ufffe\uffff]|_x[\dA-Fa-f]{4}/u;
const CODED = /(?![\t\n])[\p{Cc}\ufffe\uffff]|_(?=x[\dA-Fa-f]{4})/gu;

const MOST_CHARACTERS = 32_767;

/** Somebody's text in a cell's element (ECMA-376, 22.9.2.19): it is read back as it is, but cut to what a cell holds. */
export function cellText(text: string): string {
  const whole = text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
  if (!SPECIAL.test(whole)) return whole;
  return escapeXml(whole.replace(CODED, (character) => `_x${codeOf(character)}_`));
}

const codeOf = (character: string): string =>
  character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
