/** Markup that is safe to print as it is. */
export class Markup {
  constructor(readonly text: string) {}

  static readonly empty = new Markup('');
}

type MarkupValue = string | number | Markup | readonly Markup[];

const UNSAFE = /[&<>"'`=]/;
const UNSAFE_ALL = /[&<>"'`=]/g;
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '=': '&#61;',
};

/** Makes text safe as element content and in a quoted attribute. */
export function escapeHtml(text: string): string {
  // Nearly every name is plain, and a large report has millions of them.
  if (!UNSAFE.test(text)) return text;
  return text.replace(UNSAFE_ALL, (character) => ENTITIES[character] ?? '');
}

/** Template tag: every interpolated string is escaped; only `Markup` goes in as it is. */
export function markup(strings: TemplateStringsArray, ...values: MarkupValue[]): Markup {
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    text += written(value) + (strings[index + 1] ?? '');
  });
  return new Markup(text);
}

function written(value: MarkupValue): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((part) => part.text).join('');
}
