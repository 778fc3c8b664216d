import {
  COLUMN_GAP,
  COLUMNS,
  CONTENT_WIDTH,
  FIGURE_GAP,
  FONT_SIZE,
  HEAD_HEIGHT,
  PAGE,
  ROW_HEIGHT,
  ROWS_PER_PAGE,
  RUNNING_HEIGHT,
  SALES_ROW_HEIGHT,
} from './page-geometry';

const INK = '#1c2530';
const MUTED = '#5f6b77';
const HAIRLINE = '#e1e6ea';
const RULE = '#1c2530';
const ACCENT = '#24597a';

/**
 * Columns are laid out in this size and then made smaller as a whole: in it each advance of the bundled fonts is exact,
 * so that Chromium writes a text in one piece and not glyph by glyph (a seventh of the time of a long report).
 */
const EXACT_SIZE = 31.25;
const SCALE = FONT_SIZE / EXACT_SIZE;
const exact = (length: number): string => `${(length / SCALE).toFixed(4)}px`;

/** Columns in fixed places, each contained in its own: what is in one concerns no other. */
const places = (parent: string, px: (length: number) => string): string =>
  COLUMNS.map((width, index) => {
    const start = COLUMNS.slice(0, index).reduce((sum, other) => sum + other, 0);
    return `${parent}>:nth-child(${index + 1}){inset-inline-start:${px(start)};width:${px(width)}}`;
  }).join('');

/** The look of every page; fonts come with `FontUse`. What is cut is clipped: nothing is made to be scrolled. */
export const STYLES = `
@page{size:A4;margin:0}
*{box-sizing:border-box;margin:0;padding:0}
body{font-size:${FONT_SIZE}px;line-height:${ROW_HEIGHT}px;color:${INK};font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact}
.page{position:relative;width:${PAGE.width}px;height:${PAGE.height}px;overflow:clip;contain:strict;break-inside:avoid;break-after:page;padding:${PAGE.top}px ${PAGE.side}px}
.page:last-child{break-after:auto}
.cut{min-width:0;overflow:clip;white-space:nowrap;text-overflow:ellipsis}
.running,.footer{display:flex;justify-content:space-between;gap:24px;color:${MUTED};font-size:9.5px;line-height:14px}
.running>:last-child,.footer>:last-child{flex:none;max-width:60%;white-space:nowrap;text-align:end}
.continued{display:flex}
.running{height:${RUNNING_HEIGHT}px}
.footer{position:absolute;left:${PAGE.side}px;right:${PAGE.side}px;bottom:${PAGE.bottom}px}
.orders{position:relative;width:${CONTENT_WIDTH}px}
table{width:100%;border-collapse:separate;border-spacing:0;table-layout:fixed}
td,.orders th,.head>div{padding:0;padding-inline-end:${COLUMN_GAP}px}
.head{position:relative;height:${HEAD_HEIGHT}px}
.columns{position:absolute;inset-inline-start:0;top:${HEAD_HEIGHT}px;width:${exact(CONTENT_WIDTH)};height:${exact(ROWS_PER_PAGE * ROW_HEIGHT)};font-size:${EXACT_SIZE}px;line-height:${exact(ROW_HEIGHT)};transform:scale(${SCALE});transform-origin:left top}
[dir=rtl] .columns{transform-origin:right top}
.columns>*,.head>*{position:absolute;top:0;height:100%;contain:strict}
${places('.head', (length) => `${length}px`)}
${places('.columns', exact)}
.columns>*{padding-inline-end:${exact(COLUMN_GAP)}}
pre,td,.orders th,.head>div{white-space:pre;font:inherit;text-align:start}
pre,.head>div{overflow:clip;text-overflow:ellipsis}
pre:last-child,td:last-child,th:last-child,.head>div:last-child{padding-inline-end:0;text-align:right!important}
td{height:${ROW_HEIGHT}px;vertical-align:top}
.orders th,.head>div{height:${HEAD_HEIGHT}px;line-height:${HEAD_HEIGHT - 4}px;font-size:9.5px;font-weight:600;color:${MUTED};border-bottom:1px solid ${RULE}}
b{font-weight:inherit}
i{font-style:normal;vertical-align:top}
.lines{display:inline-block;width:100%;overflow:clip;white-space:normal;word-break:break-all}
.items b,.items tr.order td{font-weight:600;color:${INK}}
.items pre,.items td{color:${MUTED}}
.rules{position:absolute;inset-inline-start:0;top:${HEAD_HEIGHT}px;stroke:${HAIRLINE};stroke-width:1;fill:none;pointer-events:none}
h1{font-size:27px;line-height:34px;font-weight:600;letter-spacing:-.2px;max-height:68px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
.lead{font-size:14px;line-height:22px;color:${MUTED}}
.title{height:136px;border-top:3px solid ${ACCENT};padding-top:18px}
.figures{height:70px;display:flex;gap:${FIGURE_GAP}px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.figures dt,.facts dt{color:${MUTED};font-size:9.5px;line-height:14px}
.figures dd{line-height:28px;font-weight:600;white-space:nowrap}
.facts{height:64px;display:grid;grid-template-columns:minmax(0,1.4fr) minmax(0,.7fr) minmax(0,1.3fr);gap:0 24px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.facts dd{line-height:18px;max-height:36px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
h2{margin-top:16px;font-size:13px;line-height:20px;font-weight:600}
h2 small{font-size:9.5px;font-weight:400;color:${MUTED};padding-inline-start:8px}
bdi{display:inline-block;max-width:100%;overflow:clip;text-overflow:ellipsis;vertical-align:top}
h1 bdi,.facts bdi{display:inline}
.chart{display:block;margin-top:8px}
.chart text{font-size:9px;fill:${MUTED}}
.chart .bars{fill:${ACCENT}}
.chart .grid{stroke:${HAIRLINE};fill:none}
.chart .zero{stroke:${RULE};fill:none}
.sales{position:relative;margin-top:12px}
.sales th,.sales td{height:${SALES_ROW_HEIGHT}px;line-height:${SALES_ROW_HEIGHT}px;text-align:right;padding:0;padding-inline-end:${COLUMN_GAP}px}
.sales th{font-size:9.5px;font-weight:600;color:${MUTED}}
.sales :first-child{text-align:start}
.sales :last-child{padding-inline-end:0}
.sales i{line-height:1!important;vertical-align:baseline}
.sales tr.sum td{font-weight:600}
.sales .rules{top:${SALES_ROW_HEIGHT}px}
.rules .rule{stroke:${RULE}}
.grand{position:absolute;left:${PAGE.side}px;right:${PAGE.side}px}
.empty{padding-top:48px;font-size:14px;line-height:22px;color:${MUTED};border-top:1px solid ${HAIRLINE}}
`;
