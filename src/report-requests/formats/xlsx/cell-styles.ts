import { escapeXml, XML_HEAD } from '../../../common/xml';
import type { CellStyle } from './sheet';

/** The first number that a format of one's own can have. */
const FIRST_FORMAT = 164;

/** The looks of a workbook's cells, each with a number, and their part of the file (ECMA-376, 18.8). */
export class CellStyles {
  private readonly indexes = new Map<CellStyle, number>();
  private readonly formats = new Numbered();
  private readonly fonts = new Numbered();
  private readonly borders = new Numbered();
  private readonly looks = new Numbered();

  constructor() {
    // Cells that are not there have the first of them.
    this.indexOf({});
  }

  indexOf(style: CellStyle): number {
    let index = this.indexes.get(style);
    if (index === undefined) {
      index = this.looks.of(this.lookOf(style));
      this.indexes.set(style, index);
    }
    return index;
  }

  xml(): string {
    const formats = this.formats.all.map(
      (code, index) => `<numFmt numFmtId="${FIRST_FORMAT + index}" formatCode="${escapeXml(code)}"/>`,
    );
    const list = (name: string, items: readonly string[]): string =>
      `<${name} count="${items.length}">${items.join('')}</${name}>`;
    return (
      `${XML_HEAD}<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
      (formats.length === 0 ? '' : list('numFmts', formats)) +
      list('fonts', this.fonts.all) +
      list('fills', [
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
      ]) +
      list('borders', this.borders.all) +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
      `${list('cellXfs', this.looks.all)}</styleSheet>`
    );
  }

  private lookOf({ format, isRightAligned, isQuoted, ...style }: CellStyle): string {
    const formatId = format === undefined ? 0 : FIRST_FORMAT + this.formats.of(format);
    const fontId = this.fonts.of(fontXml(style));
    const borderId = this.borders.of(borderXml(style));
    const quoted = isQuoted ? ' quotePrefix="1"' : '';
    const alignment = isRightAligned ? '<alignment horizontal="right"/>' : '';
    return (
      `<xf numFmtId="${formatId}" fontId="${fontId}" fillId="0" borderId="${borderId}" xfId="0"${quoted}` +
      ' applyNumberFormat="1" applyFont="1" applyBorder="1" applyAlignment="1">' +
      `${alignment}</xf>`
    );
  }
}

const fontXml = ({ isBold, isTitle, isPale }: CellStyle): string =>
  `<font>${isBold ? '<b/>' : ''}<sz val="${isTitle ? 16 : 11}"/>` +
  `<color rgb="${isPale ? 'FF767676' : 'FF000000'}"/><name val="Calibri"/><family val="2"/></font>`;

function borderXml({ rule }: CellStyle): string {
  const side = (name: string, isRule: boolean): string =>
    isRule ? `<${name} style="thin"><color rgb="FF767676"/></${name}>` : `<${name}/>`;
  return `<border><left/><right/>${side('top', rule === 'above')}${side('bottom', rule === 'below')}<diagonal/></border>`;
}

/** Texts, each once, with the number of its place. */
class Numbered {
  readonly all: string[] = [];
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.all.push(text) - 1;
      this.numbers.set(text, number);
    }
    return number;
  }
}
