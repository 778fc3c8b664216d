/** What JSON in the database cannot hold: NUL, and halves of characters. */
const UNWRITABLE = /\0|\p{Surrogate}/gu;

/** Somebody's text for people to see: cut where it is long, and without what cannot be stored. */
export function shownText(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return cut.replace(UNWRITABLE, '\ufffd');
}
