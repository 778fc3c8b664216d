import { XML_HEAD } from '../../../common/xml';
import type { CellStyles } from './cell-styles';
import { cellText } from './cell-text';
import type { Sheet, SheetCell, SheetRow } from './sheet';

const NAMESPACE = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const PAPERS = { Letter: 1, A4: 9 } as const;

/**
 * A sheet as SpreadsheetML (ECMA-376, 18.3.1), in parts that are made only as fast as they are read. Texts stand in their
 * cells: a table of them would be in memory until the end.
 */
export async function* sheetXml(sheet: Sheet, styles: CellStyles): AsyncGenerator<string> {
  const letters = sheet.widths.map((_, index) => columnLetters(index));
  let last = 0;
  const written = (rows: readonly SheetRow[]): string => {
    let xml = '';
    for (const row of rows) {
      last += 1;
      xml += rowXml(row, last, letters, styles);
    }
    return xml;
  };
  yield `${XML_HEAD}<worksheet xmlns="${NAMESPACE}">${frontXml(sheet)}<sheetData>`;
  if (sheet.headings !== null) yield written([sheet.headings]);
  for await (const rows of sheet.rows) yield written(rows);
  const filtered = `A1:${letters.at(-1)}${last}`;
  yield `${written(await sheet.sums())}</sheetData>${backXml(sheet, filtered)}</worksheet>`;
}

function frontXml({ widths, direction, levels, headings }: Sheet): string {
  const columns = widths.map(
    (width, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`,
  );
  const pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>';
  return (
    '<sheetPr><outlinePr summaryBelow="0"/><pageSetUpPr fitToPage="1"/></sheetPr>' +
    `<sheetViews><sheetView rightToLeft="${Number(direction === 'rtl')}" workbookViewId="0">` +
    `${headings === null ? '' : pane}</sheetView></sheetViews>` +
    `<sheetFormatPr defaultRowHeight="15" outlineLevelRow="${levels}"/><cols>${columns.join('')}</cols>`
  );
}

/** Pages as wide as the paper; numbers of orders that are texts are no mistakes. */
const backXml = ({ headings, paper }: Sheet, filtered: string): string =>
  (headings === null ? '' : `<autoFilter ref="${filtered}"/>`) +
  `<pageSetup paperSize="${PAPERS[paper]}" fitToHeight="0" orientation="landscape"/>` +
  '<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>';

function rowXml(
  { cells, level }: SheetRow,
  number: number,
  letters: readonly string[],
  styles: CellStyles,
): string {
  let xml = level === 0 ? `<row r="${number}">` : `<row r="${number}" outlineLevel="${level}">`;
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index];
    if (cell) xml += cellXml(cell, `r="${letters[index]}${number}" s="${styles.indexOf(cell.style)}"`);
  }
  return `${xml}</row>`;
}

function cellXml(cell: NonNullable<SheetCell>, attributes: string): string {
  switch (cell.kind) {
    case 'text':
      return `<c ${attributes} t="inlineStr"><is><t xml:space="preserve">${cellText(cell.text)}</t></is></c>`;
    case 'number':
      return `<c ${attributes}><v>${cell.number}</v></c>`;
    case 'boolean':
      return `<c ${attributes} t="b"><v>${Number(cell.value)}</v></c>`;
  }
}

/** "A" of the first column, "AA" after "Z". */
function columnLetters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnLetters(Math.floor(index / 26) - 1) + letter;
}
