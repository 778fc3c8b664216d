/** Operators (ISO 32000-2, 8.4 and 8.5.4) that change how text is drawn, and draw nothing. */
const STATE = /(?:^W\*? n| (?:re|cm|gs|RG|rg))$/;
const COLOR = / rg$/;
const MATRIX = /^(\S+) (\S+) (\S+) (\S+) (\S+) (\S+) cm$/;

/** What is saved and restored together (`q`, `Q`), as far as its texts need it. */
interface Level {
  lines: string[];
  /** From its own coordinates to those of the page. */
  scale: number;
  shift: number;
}

interface DrawnText {
  row: number;
  /** That opens its levels. */
  before: string;
  depth: number;
  text: string;
}

/**
 * The texts of a drawing row by row, and in each row as they were drawn: a browser draws columns of text one after the other,
 * and whoever takes the text out of the file gets it in that order. It looks the same.
 *
 * @param content of lines, each with its operator at the end, as Skia writes them
 * @param rowHeight in the units of the drawing
 * @returns `undefined` for a drawing that has anything else than upright text
 */
export function inReadingOrder(content: string, rowHeight: number): string | undefined {
  const texts = textsOf(content, rowHeight);
  if (texts === undefined) return undefined;
  texts.sort((one, other) => one.row - other.row);
  let ordered = '';
  let open: DrawnText | undefined;
  for (const each of texts) {
    if (open?.before !== each.before) ordered += (open ? 'Q\n'.repeat(open.depth) : '') + each.before;
    ordered += each.text;
    open = each;
  }
  return open ? ordered + 'Q\n'.repeat(open.depth) : content;
}

function textsOf(content: string, rowHeight: number): DrawnText[] | undefined {
  const texts: DrawnText[] = [];
  const levels: Level[] = [];
  let before: string | undefined;
  for (let at = 0; at < content.length;) {
    if (content.startsWith('BT\n', at)) {
      const end = content.indexOf('\nET\n', at) + 4;
      const level = levels.at(-1);
      const matrixEnd = content.indexOf(' Tm\n', at);
      if (end < 4 || level === undefined || matrixEnd < 0 || matrixEnd > end) return undefined;
      const matrix = content.slice(content.lastIndexOf('\n', matrixEnd) + 1, matrixEnd).split(' ');
      if (matrix.length !== 6 || matrix[1] !== '0') return undefined;
      before ??= levels.map(({ lines }) => `q\n${lines.join('')}`).join('');
      const y = level.scale * Number(matrix[5]) + level.shift;
      texts.push({
        row: Math.floor(y / rowHeight),
        before,
        depth: levels.length,
        text: content.slice(at, end),
      });
      at = end;
      continue;
    }
    const end = content.indexOf('\n', at) + 1 || content.length;
    const line = content.slice(at, end);
    at = end;
    before = undefined;
    if (line === 'q\n') {
      const { scale = 1, shift = 0 } = levels.at(-1) ?? {};
      levels.push({ lines: [], scale, shift });
    } else if (line === 'Q\n') levels.pop();
    else if (!change(levels.at(-1), line)) return undefined;
  }
  return levels.length === 0 ? texts : undefined;
}

/** @returns whether the line only says how what follows is drawn, and the page stays upright */
function change(level: Level | undefined, line: string): boolean {
  const operation = line.trimEnd();
  if (level === undefined || !STATE.test(operation)) return false;
  const matrix = operation.endsWith(' cm') ? MATRIX.exec(operation) : null;
  if (matrix !== null) {
    const [, , skew, , scale, , shift] = matrix;
    if (Number(skew) !== 0) return false;
    level.shift += level.scale * Number(shift);
    level.scale *= Number(scale);
  }
  // Of several colours only the last is seen.
  const last = level.lines.at(-1) ?? '';
  if (COLOR.test(operation) && COLOR.test(last.trimEnd())) level.lines.pop();
  level.lines.push(line);
  return true;
}
