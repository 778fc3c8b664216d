/** Markup that is safe to print as it is. */
export class Html {
  constructor(readonly text: string) {}

  static readonly empty = new Html('');
}

type HtmlValue = string | number | Html | readonly Html[];

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

/** Template tag: every interpolated string is escaped; only `Html` goes in as it is. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    text += markup(value) + (strings[index + 1] ?? '');
  });
  return new Html(text);
}

function markup(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((part) => part.text).join('');
}
