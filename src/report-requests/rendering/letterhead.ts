import type { ReportBrand } from '../../brands/report-brand';
import { fitted } from './fitted-text';
import { Markup, markup } from './markup';
import type { TextWriter } from './text-writer';

/** Of the box at the head of the first page, in px: nothing in it moves what stands below. */
const BOX = { width: 236, height: 112 };
/** Of a line of the address. */
const LINE = { width: BOX.width, height: 12, size: 9.5, lines: 1 };
const GAP = 6;

/** The logo and the address of a brand; empty where it has neither. */
export function letterhead(brand: ReportBrand | null, text: TextWriter): Markup {
  if (brand === null || (brand.logo === null && brand.address.length === 0)) return Markup.empty;
  const { logo, address } = brand;
  const lines = address.map((line) => markup`<div class="cut">${fitted(text.write(line), line, LINE)}</div>`);
  return markup`<div class="letterhead">${logo === null ? Markup.empty : picture(logo, address.length)}${lines}</div>`;
}

/** As large as the room above the address lets it be, in its own proportions. */
function picture({ dataUri, width, height }: NonNullable<ReportBrand['logo']>, lines: number): Markup {
  const room = BOX.height - (lines === 0 ? 0 : lines * LINE.height + GAP);
  const scale = Math.min(BOX.width / width, room / height);
  const px = (length: number): string => (length * scale).toFixed(2);
  return markup`<img alt="" src="${dataUri}" style="width:${px(width)}px;height:${px(height)}px" />`;
}

export const LETTERHEAD_STYLES = `
.letterhead{flex:none;width:${BOX.width}px;height:${BOX.height}px;overflow:clip;font-size:${LINE.size}px;line-height:${LINE.height}px;text-align:end}
.letterhead img{display:block;margin-inline-start:auto;margin-bottom:${GAP}px;object-fit:contain}
`;
