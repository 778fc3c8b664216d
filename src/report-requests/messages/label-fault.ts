import {
  isArgumentElement,
  isLiteralElement,
  isPluralElement,
  isPoundElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser';
import { type MessageKey, messagesOf } from './message-files';

/**
 * Why a text of somebody's own cannot stand in the place of a message, to be said after its name; `null` where it can. It
 * is in ICU's syntax, and may use what that message uses, so that nothing is missing when the report is written.
 */
export function labelFault(key: MessageKey, text: string): string | null {
  let elements: MessageFormatElement[];
  try {
    elements = parse(text, { ignoreTag: true });
  } catch {
    return "must be a text in ICU's message syntax, in which { and } enclose a name ('{' stands for the sign itself)";
  }
  const known = argumentsOf(parse(messagesOf('en')[key], { ignoreTag: true }));
  const isFine = usesOnly(elements, known);
  if (isFine) return null;
  const names = [...known.keys()].map((name) => `{${name}}`);
  return names.length === 0
    ? 'must be a text without {names}'
    : `must use no other name than ${names.join(', ')}`;
}

type ArgumentKind = 'text' | 'count';

/** The names in a message, and which of them are counted. */
export function argumentsOf(elements: readonly MessageFormatElement[]): Map<string, ArgumentKind> {
  const found = new Map<string, ArgumentKind>();
  for (const element of elements) {
    if (isArgumentElement(element)) found.set(element.value, 'text');
    if (!isPluralElement(element)) continue;
    for (const { value } of Object.values(element.options))
      for (const [name, kind] of argumentsOf(value)) found.set(name, kind);
    found.set(element.value, 'count');
  }
  return found;
}

function usesOnly(
  elements: readonly MessageFormatElement[],
  known: ReadonlyMap<string, ArgumentKind>,
): boolean {
  return elements.every((element) => {
    if (isLiteralElement(element) || isPoundElement(element)) return true;
    if (isArgumentElement(element)) return known.has(element.value);
    if (!isPluralElement(element) || known.get(element.value) !== 'count') return false;
    return Object.values(element.options).every(({ value }) => usesOnly(value, known));
  });
}
