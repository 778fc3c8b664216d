import { IntlMessageFormat } from 'intl-messageformat';

interface Element {
  value?: unknown;
  options?: Record<string, { value: Element[] }>;
}

const LITERAL = 0;
const POUND = 7;

/** The names of a message's arguments (ICU), sorted; `undefined` for a text that is no message. */
export function argumentsOf(message: string): string[] | undefined {
  try {
    const format = new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true });
    return [...new Set(format.getAst().flatMap((element) => namesIn(element as Element)))].sort();
  } catch {
    return undefined;
  }
}

function namesIn(element: Element & { type?: number }): string[] {
  if (element.type === LITERAL || element.type === POUND) return [];
  const inner = Object.values(element.options ?? {}).flatMap(({ value }) => value.flatMap(namesIn));
  return [String(element.value), ...inner];
}
