export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Characters that an XML document has no place for, or only a bad one. */
const WITHOUT_PLACE = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu;
const MARKUP = /[&<>"]/g;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeXml = (text: string): string =>
  text.replace(WITHOUT_PLACE, '').replace(MARKUP, (character) => ENTITIES[character] ?? '');
