import { escapeXml, XML_HEAD } from '../../../common/xml';
import type { CellStyles } from './cell-styles';

export interface WorkbookProperties {
  title: string;
  creator: string;
  created: Date;
}

const SCHEMAS = 'http://schemas.openxmlformats.org';
const RELATIONS = `${SCHEMAS}/officeDocument/2006/relationships`;
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** @param number from 1 */
export const sheetPath = (number: number): string => `xl/worksheets/sheet${number}.xml`;

/** The parts of a workbook beside its sheets, by path (ECMA-376, 12.3). */
export function workbookParts(
  sheets: readonly string[],
  properties: WorkbookProperties,
  styles: CellStyles,
): Record<string, string> {
  const paths = sheets.map((_, index) => sheetPath(index + 1));
  return {
    '[Content_Types].xml': contentTypes({
      'xl/workbook.xml': `${CONTENT}.sheet.main+xml`,
      'xl/styles.xml': `${CONTENT}.styles+xml`,
      'docProps/core.xml': 'application/vnd.openxmlformats-package.core-properties+xml',
      ...Object.fromEntries(paths.map((path) => [path, `${CONTENT}.worksheet+xml`])),
    }),
    '_rels/.rels': relations([
      [`${RELATIONS}/officeDocument`, 'xl/workbook.xml'],
      [`${SCHEMAS}/package/2006/relationships/metadata/core-properties`, 'docProps/core.xml'],
    ]),
    'xl/_rels/workbook.xml.rels': relations([
      ...paths.map((path): [string, string] => [`${RELATIONS}/worksheet`, `/${path}`]),
      [`${RELATIONS}/styles`, '/xl/styles.xml'],
    ]),
    'xl/workbook.xml': workbook(sheets),
    'xl/styles.xml': styles.xml(),
    'docProps/core.xml': coreProperties(properties),
  };
}

function contentTypes(parts: Record<string, string>): string {
  const overrides = Object.entries(parts).map(
    ([path, type]) => `<Override PartName="/${path}" ContentType="${type}"/>`,
  );
  return (
    `${XML_HEAD}<Types xmlns="${SCHEMAS}/package/2006/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `${overrides.join('')}</Types>`
  );
}

function relations(targets: readonly [type: string, target: string][]): string {
  const entries = targets.map(
    ([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`,
  );
  return `${XML_HEAD}<Relationships xmlns="${SCHEMAS}/package/2006/relationships">${entries.join('')}</Relationships>`;
}

function workbook(sheets: readonly string[]): string {
  const entries = sheets.map(
    (name, index) => `<sheet name="${escapeXml(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  );
  return (
    `${XML_HEAD}<workbook xmlns="${SCHEMAS}/spreadsheetml/2006/main" xmlns:r="${RELATIONS}">` +
    `<bookViews><workbookView/></bookViews><sheets>${entries.join('')}</sheets></workbook>`
  );
}

const coreProperties = ({ title, creator, created }: WorkbookProperties): string =>
  `${XML_HEAD}<cp:coreProperties xmlns:cp="${SCHEMAS}/package/2006/metadata/core-properties"` +
  ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"' +
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
  `<dc:title>${escapeXml(title)}</dc:title><dc:creator>${escapeXml(creator)}</dc:creator>` +
  `<dcterms:created xsi:type="dcterms:W3CDTF">${created.toISOString()}</dcterms:created></cp:coreProperties>`;
