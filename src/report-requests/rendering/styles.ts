import { COLUMNS, CONTENT_WIDTH, PAGE, ROW_HEIGHT } from './page-geometry';

const INK = '#1c2530';
const MUTED = '#5f6b77';
const HAIRLINE = '#e1e6ea';
const RULE = '#1c2530';
const ACCENT = '#24597a';
const HEAD_HEIGHT = 26;

/** The look of every page; fonts come with `FontUse`. */
export const STYLES = `
@page{size:A4;margin:0}
*{box-sizing:border-box;margin:0;padding:0}
body{font-size:11px;line-height:${ROW_HEIGHT}px;color:${INK};font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact}
.page{position:relative;width:${PAGE.width}px;height:${PAGE.height}px;overflow:hidden;break-after:page;padding:${PAGE.top}px ${PAGE.side}px}
.page:last-child{break-after:auto}
.cut{overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.running,.footer{display:flex;justify-content:space-between;gap:24px;color:${MUTED};font-size:9.5px;line-height:14px}
.running>:first-child{flex:0 1 auto}.running>:last-child{flex:none;text-align:end}
.running{height:26px}
.footer{position:absolute;left:${PAGE.side}px;right:${PAGE.side}px;bottom:${PAGE.bottom}px}
.orders{position:relative;width:${CONTENT_WIDTH}px}
table{width:100%;border-collapse:separate;border-spacing:0;table-layout:fixed}
.columns{display:grid;grid-template-columns:${COLUMNS.map((width) => `${width}px`).join(' ')}}
pre,td,.orders th,.head>div{overflow:hidden;white-space:pre;text-overflow:ellipsis;padding:0;padding-inline-end:12px;font:inherit;text-align:start}
pre:last-child,td:last-child,th:last-child,.head>div:last-child{padding-inline-end:0;text-align:end!important}
td{height:${ROW_HEIGHT}px}
.orders th,.head>div{height:${HEAD_HEIGHT}px;line-height:${HEAD_HEIGHT - 4}px;font-size:9.5px;font-weight:600;color:${MUTED};border-bottom:1px solid ${RULE}}
b{font-weight:inherit}
.items b,.items tr.order td{font-weight:600;color:${INK}}
.items pre,.items td{color:${MUTED}}
.rules{position:absolute;inset-inline-start:0;top:${HEAD_HEIGHT}px;stroke:${HAIRLINE};stroke-width:1;fill:none;pointer-events:none}
h1{font-size:27px;line-height:34px;font-weight:600;letter-spacing:-.2px;max-height:68px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical}
.lead{font-size:14px;line-height:22px;color:${MUTED}}
.title{height:136px;border-top:3px solid ${ACCENT};padding-top:18px}
.figures{height:70px;display:flex;gap:32px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.figures dt,.facts dt{color:${MUTED};font-size:9.5px;line-height:14px}
.figures dd{font-size:20px;line-height:28px;font-weight:600;white-space:nowrap}
.facts{height:64px;display:grid;grid-template-columns:1fr 1fr 1.6fr;gap:0 24px;border-top:1px solid ${HAIRLINE};padding-top:10px}
.facts dd{line-height:18px}
section.currency{padding-bottom:32px}
h2{font-size:13px;line-height:20px;font-weight:600}
.currency h2 small{font-size:9.5px;font-weight:400;color:${MUTED};padding-inline-start:8px}
bdi{display:inline-block;max-width:100%;overflow:hidden;text-overflow:ellipsis;vertical-align:top}
.chart{display:block;margin-top:8px}
.chart text{font-size:9px;fill:${MUTED}}
.chart .bars{fill:${ACCENT}}
.chart .grid{stroke:${HAIRLINE};fill:none}
.chart .zero{stroke:${RULE};fill:none}
.totals{margin-top:10px}
.totals th,.totals td{height:22px;line-height:22px;text-align:start;padding:0;border-bottom:1px solid ${HAIRLINE}}
.totals th{font-size:9.5px;font-weight:600;color:${MUTED};border-bottom-color:${RULE}}
.totals :nth-child(2){text-align:end}
.totals tr.sum td{font-weight:600;border-bottom:0;border-top:1px solid ${RULE}}
.empty{padding-top:48px;font-size:14px;line-height:22px;color:${MUTED};border-top:1px solid ${HAIRLINE}}
`;
