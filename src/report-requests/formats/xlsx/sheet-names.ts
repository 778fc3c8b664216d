const FORBIDDEN = /[\\/?*[\]:\p{Cc}\p{Cs}\ufffe\uffff]/gu;
/** An apostrophe at an end would be a quote. */
const ENDS = /^[\s']+|[\s']+$/g;
const MOST_CHARACTERS = 31;
/** Excel keeps it for itself. */
const RESERVED = 'history';

/** Names of a workbook's sheets as programs take them: none twice, whatever they are called by labels. */
export class SheetNames {
  private readonly taken = new Set([RESERVED]);

  next(wanted: string): string {
    for (let count = 1; ; count += 1) {
      const ending = count === 1 ? '' : ` ${count}`;
      const cut = wanted.slice(0, MOST_CHARACTERS - ending.length).replace(FORBIDDEN, ' ');
      const name = (cut.replace(ENDS, '') + ending).trim();
      if (name === '' || this.taken.has(name.toLowerCase())) continue;
      this.taken.add(name.toLowerCase());
      return name;
    }
  }
}
