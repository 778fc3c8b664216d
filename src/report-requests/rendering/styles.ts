import { LETTERHEAD_STYLES } from './letterhead';
import {
  COLUMN_GAP,
  FIGURE_GAP,
  FONT_SIZE,
  HEAD_HEIGHT,
  HEADING_SIZE,
  MARGIN,
  NOTE_HEIGHT,
  ROW_HEIGHT,
  RUNNING_HEIGHT,
  SALES_ROW_HEIGHT,
} from './page-geometry';
import { roomOfNames, type TableLayout } from './table-layout';

const INK = '#1c2530';
const MUTED = '#5f6b77';
const HAIRLINE = '#e1e6ea';
const RULE = '#1c2530';
/** Of what has no brand. */
const ACCENT = '#24597a';

/**
 * Columns are laid out in this size and then made smaller as a whole: in it each advance of the bundled fonts is exact,
 * so that Chromium writes a text in one piece and not glyph by glyph (a seventh of the time of a long report).
 */
const EXACT_SIZE = 31.25;

/** The look of every page; fonts come with `FontUse`. What is cut is clipped: nothing is made to be scrolled. */
export const stylesOf = (layout: TableLayout, accent = ACCENT): string =>
  frameStyles(layout) + tableStyles(layout, accent) + summaryStyles(accent) + LETTERHEAD_STYLES;

const frameStyles = ({ page }: TableLayout): string => `
@page{size:${page.name};margin:0}
*{box-sizing:border-box;margin:0;padding:0}
body{font-size:${FONT_SIZE}px;line-height:${ROW_HEIGHT}px;color:${INK};font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact}
.page{position:relative;width:${page.width}px;height:${page.height}px;overflow:clip;contain:strict;break-inside:avoid;break-after:page;padding:${MARGIN.top}px ${MARGIN.side}px}
.page:last-child{break-after:auto}
.cut{min-width:0;overflow:clip;white-space:nowrap;text-overflow:ellipsis}
.running,.foot{display:flex;justify-content:space-between;gap:24px;color:${MUTED};font-size:${HEADING_SIZE}px;line-height:${NOTE_HEIGHT}px}
.running>:last-child,.foot>:last-child{flex:none;max-width:60%;white-space:nowrap;text-align:end}
.continued{display:flex;white-space:pre!important}
.continued>bdi{display:flex}
.running{height:${RUNNING_HEIGHT}px}
.footer{position:absolute;left:${MARGIN.side}px;right:${MARGIN.side}px;bottom:${MARGIN.bottom}px}
.note{color:${MUTED};font-size:${HEADING_SIZE}px;line-height:${NOTE_HEIGHT}px;white-space:nowrap}
table{width:100%;border-collapse:separate;border-spacing:0;table-layout:fixed}
bdi{display:inline-block;max-width:100%;overflow:clip;text-overflow:ellipsis;vertical-align:top}
i{font-style:normal;vertical-align:top}
.lines{display:inline-block;width:100%;overflow:clip;white-space:normal}
.anywhere{word-break:break-all}
[dir=rtl] .lines{text-align:right}
.rules{position:absolute;inset-inline-start:0;stroke:${HAIRLINE};stroke-width:1;fill:none;pointer-events:none}
.rules .rule{stroke:${RULE}}
`;

function tableStyles(layout: TableLayout, accent: string): string {
  const { page, columns, fontSize, headingSize, gap } = layout;
  const scale = fontSize / EXACT_SIZE;
  const px = (length: number): string => `${length.toFixed(2)}px`;
  const exact = (length: number): string => `${(length / scale).toFixed(4)}px`;
  // Columns in fixed places, each contained in its own: what is in one concerns no other.
  const places = columns
    .map(
      ({ start, width }, index) =>
        `.head>:nth-child(${index + 1}){inset-inline-start:${px(start)};width:${px(width)}}` +
        `.columns>:nth-child(${index + 1}){inset-inline-start:${exact(start)};width:${exact(width)}}`,
    )
    .join('');
  const figures = columns
    .flatMap(({ style }, index) => (style === 'figure' ? [`:nth-child(${index + 1})`] : []))
    .flatMap((place) =>
      ['.head>', '.columns>', '.orders thead th', '.orders td'].map((parent) => parent + place),
    );
  const names = roomOfNames(layout);
  return `
.orders{position:relative;width:${page.contentWidth}px;font-size:${fontSize.toFixed(3)}px}
td,.orders th,.head>div{padding:0;padding-inline-end:${px(gap)}}
.head{position:relative;height:${HEAD_HEIGHT}px}
.columns{position:absolute;inset-inline-start:0;top:${HEAD_HEIGHT}px;width:${exact(page.contentWidth)};height:${exact(page.rowsPerPage * ROW_HEIGHT)};font-size:${EXACT_SIZE}px;line-height:${exact(ROW_HEIGHT)};transform:scale(${scale});transform-origin:left top}
[dir=rtl] .columns{transform-origin:right top}
.columns>*,.head>*{position:absolute;top:0;height:100%;contain:strict}
${places}
.columns>*{padding-inline-end:${exact(gap)}}
pre,td,.orders th,.head>div{white-space:pre;font:inherit;text-align:start}
pre,.head>div{overflow:clip;text-overflow:ellipsis}
.columns>:nth-child(${columns.length}),td:last-child,.orders th:last-child,.head>div:last-child{padding-inline-end:0}
${[...figures, '.orders .sum td'].join(',')}{text-align:right}
td{height:${ROW_HEIGHT}px;vertical-align:top}
.orders thead th,.head>div{height:${HEAD_HEIGHT}px;line-height:${HEAD_HEIGHT - 4}px;font-size:${headingSize.toFixed(3)}px;font-weight:600;color:${MUTED};border-bottom:1px solid ${RULE}}
.orders tbody th{height:${ROW_HEIGHT}px;vertical-align:top;text-align:start}
.columns>.heading{inset-inline-start:0;width:100%;padding:0}
.columns>.sum{inset-inline-start:${exact(names.start)};width:${exact(names.width)}}
.items pre,.items td{color:${MUTED}}
.columns b,.items tr.order td,.orders .sum,.orders .sum td,.orders .heading{font-weight:600;color:${INK}}
.orders .heading{color:${accent}}
.orders .rules{top:${HEAD_HEIGHT}px}
`;
}

const summaryStyles = (accent: string): string => `
h1{font-size:27px;line-height:34px;font-weight:600;letter-spacing:-.2px;max-height:68px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
.lead{font-size:14px;line-height:22px;color:${MUTED}}
.title{height:136px;border-top:3px solid ${accent};padding-top:18px;display:flex;gap:24px}
.title>:first-child{flex:1;min-width:0}
.figures{height:70px;display:flex;gap:${FIGURE_GAP}px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.figures dt,.facts dt{color:${MUTED};font-size:${HEADING_SIZE}px;line-height:${NOTE_HEIGHT}px}
.figures dd{line-height:28px;font-weight:600;white-space:nowrap}
.facts{display:grid;gap:0 24px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.facts dd{line-height:18px;max-height:36px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
h2{margin-top:16px;font-size:13px;line-height:20px;font-weight:600}
h2 small{font-size:${HEADING_SIZE}px;font-weight:400;color:${MUTED};padding-inline-start:8px}
h1 bdi,.facts bdi{display:inline}
.chart{display:block;margin-top:8px}
.chart text{font-size:9px;fill:${MUTED}}
.chart .bars{fill:${accent}}
.chart .grid{stroke:${HAIRLINE};fill:none}
.chart .zero{stroke:${RULE};fill:none}
.sales{position:relative;margin-top:12px}
.sales th,.sales td{height:${SALES_ROW_HEIGHT}px;line-height:${SALES_ROW_HEIGHT}px;text-align:right;padding:0;padding-inline-end:${COLUMN_GAP}px}
.sales th{font-size:${HEADING_SIZE}px;font-weight:600;color:${MUTED}}
.sales :first-child{text-align:start}
.sales :last-child{padding-inline-end:0}
.sales i{line-height:1!important;vertical-align:baseline}
.sales tr.sum td{font-weight:600}
.sales .rules{top:${SALES_ROW_HEIGHT}px}
.grand{position:absolute;left:${MARGIN.side}px;right:${MARGIN.side}px}
.empty{padding-top:48px;font-size:14px;line-height:22px;color:${MUTED};border-top:1px solid ${HAIRLINE}}
`;
