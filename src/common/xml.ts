/** How a document begins. */
export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Characters that XML 1.0 has no place for, or only a bad one, and halves of others. */
const WITHOUT_PLACE = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu;
const MARKUP = /[&<>"]/g;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Somebody's text as the content of an element, or in a quoted attribute. */
export const escapeXml = (text: string): string =>
  text.replace(WITHOUT_PLACE, '\ufffd').replace(MARKUP, (character) => ENTITIES[character] ?? '');
