import { crc32, deflateSync, gzipSync } from 'node:zlib';

/**
 * What is sent as a logo, and what becomes of it: a code of a refusal's `detail`, or the names of what was removed from a logo
 * that is kept. `reaches`: opened as it is, it asks the address for something.
 */
export interface HostileLogo {
  name: string;
  file: Buffer;
  refused?: RegExp;
  removed?: string[];
  reaches?: true;
}

const SHAPE = '<path d="M0 0h8v4z"/>';
const svg = (inside: string, attributes = 'viewBox="0 0 8 4"', before = ''): Buffer =>
  Buffer.from(
    `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}${SHAPE}</svg>`,
  );

const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join('');

/** Each uses the one before ten times. */
const bomb = (levels: number, link: (id: string) => string, element: string): string =>
  times(
    levels,
    (level) =>
      `<${element} id="b${level}">${level === 0 ? SHAPE : link(`b${level - 1}`).repeat(10)}</${element}>`,
  );

/** @param address where nothing of a logo may ever ask for anything */
export const hostileSvgs = (address: string): HostileLogo[] => [
  { name: 'a script', file: svg(`<script>fetch('${address}/script')</script>`), reaches: true },
  { name: 'a script from elsewhere', file: svg(`<script href="${address}/script.js"/>`), reaches: true },
  {
    name: 'a script as CDATA',
    file: svg(`<script><![CDATA[fetch('${address}/cdata')]]></script>`),
    reaches: true,
  },
  {
    name: 'a script by another prefix',
    file: svg(`<s:script xmlns:s="http://www.w3.org/2000/svg">fetch('${address}/prefix')</s:script>`),
    reaches: true,
  },
  {
    name: 'a script of HTML',
    file: svg(`<h:script xmlns:h="http://www.w3.org/1999/xhtml">fetch('${address}/html')</h:script>`),
    reaches: true,
  },
  {
    name: 'an event handler',
    file: svg('', `viewBox="0 0 8 4" onload="fetch('${address}/load')"`),
    reaches: true,
  },
  {
    name: 'a handler that an animation calls',
    file: svg(
      `<rect width="1" height="1"><animate attributeName="x" dur="1s" onbegin="fetch('${address}/begin')"/></rect>`,
    ),
    removed: ['animate'],
    reaches: true,
  },
  {
    name: 'a handler of SVG Tiny',
    file: svg(`<handler type="text/ecmascript">fetch('${address}/handler')</handler>`),
    removed: ['handler'],
  },
  {
    name: 'a link with a script',
    file: svg(`<a xlink:href="javascript:fetch('${address}/a')">${SHAPE}</a>`),
  },
  {
    name: 'an animation that makes such a link',
    file: svg(`<a><set attributeName="href" to="javascript:fetch('${address}/set')"/>${SHAPE}</a>`),
    removed: ['set'],
  },
  {
    name: 'a picture from elsewhere',
    file: svg(`<image width="8" height="4" href="${address}/image.png"/>`),
    removed: ['image'],
    reaches: true,
  },
  {
    name: 'a picture by XLink',
    file: svg(`<image width="8" height="4" xlink:href="${address}/xlink.png"/>`),
    removed: ['image'],
    reaches: true,
  },
  {
    name: 'a picture that is an SVG with a script',
    file: svg(
      `<image width="8" height="4" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/%3E"/>`,
    ),
    removed: ['image'],
  },
  { name: 'a use of another file', file: svg(`<use href="${address}/other.svg#a"/>`) },
  { name: 'a use of data', file: svg(`<use href="data:image/svg+xml,%3Csvg id='a'/%3E#a"/>`) },
  {
    name: 'a page within',
    file: svg(
      `<foreignObject width="8" height="4"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${address}/frame"/></foreignObject>`,
    ),
    removed: ['foreignObject'],
    reaches: true,
  },
  {
    name: 'a style sheet that imports',
    file: svg(`<style>@import url("${address}/import.css");</style>`),
    removed: ['style'],
    reaches: true,
  },
  {
    name: 'a style sheet with a font',
    file: svg(
      `<style>@font-face{font-family:f;src:url(${address}/font.woff2)} text{font-family:f}</style><text>a</text>`,
    ),
    removed: ['text', 'style'],
    reaches: true,
  },
  {
    name: 'a style sheet of the document',
    file: svg('', undefined, `<?xml-stylesheet type="text/css" href="${address}/sheet.css"?>`),
    reaches: true,
  },
  {
    name: 'a style sheet that is linked',
    file: svg(`<h:link xmlns:h="http://www.w3.org/1999/xhtml" rel="stylesheet" href="${address}/link.css"/>`),
    reaches: true,
  },
  {
    name: 'a style with an address',
    file: svg(`<style>path{mask-image:url(${address}/mask.png);fill:url(${address}/fill.svg#a)}</style>`),
    reaches: true,
  },
  {
    name: 'an attribute style with an address',
    file: svg(`<rect width="8" height="4" style="mask:url('${address}/m.png')"/>`),
    reaches: true,
  },
  {
    name: 'an attribute with an address',
    file: svg(`<rect width="8" height="4" mask="url(${address}/m2.png)"/>`),
    reaches: true,
  },
  {
    name: 'an address in references to characters',
    file: svg(`<rect width="8" height="4" mask="&#117;&#x72;l(&#34;${address}/m3.png&#34;)"/>`),
    reaches: true,
  },
  {
    name: 'an address in escapes',
    file: svg(`<rect width="8" height="4" style="mask:\\75\\72l(${address}/m4.png)"/>`),
    reaches: true,
  },
  {
    name: 'an address behind a fallback',
    file: svg(
      `<rect width="8" height="4" fill="url(#none) url(${address}/f.svg#a)" mask="url(#none),url(${address}/m5.png)"/>`,
    ),
    reaches: true,
  },
  {
    name: 'a filter that fetches',
    file: svg(
      `<filter id="f"><feImage href="${address}/fe.png"/></filter><rect width="8" height="4" filter="url(#f)"/>`,
    ),
    removed: ['filter'],
    reaches: true,
  },
  {
    name: 'a pattern with a picture',
    file: svg(
      `<pattern id="p" width="1" height="1"><image width="8" height="4" href="${address}/p.png"/></pattern><rect width="8" height="4" fill="url(#p)"/>`,
    ),
    removed: ['pattern'],
    reaches: true,
  },
  {
    name: 'media',
    file: svg(`<h:video xmlns:h="http://www.w3.org/1999/xhtml" src="${address}/v.mp4" autoplay=""/>`),
    reaches: true,
  },
  {
    name: 'a base for references',
    file: svg('<use href="#a"/>', `viewBox="0 0 8 4" xml:base="${address}/"`),
  },
  {
    name: 'entities that grow (a billion laughs)',
    file: svg(
      '&l9;',
      undefined,
      `<!DOCTYPE svg [<!ENTITY l0 "ha">${times(9, (n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`)}]>`,
    ),
    refused: /entity/,
  },
  {
    name: 'one large entity many times',
    file: svg('&e;'.repeat(20_000), undefined, `<!DOCTYPE svg [<!ENTITY e "${'x'.repeat(90_000)}">]>`),
    refused: /entity/,
  },
  {
    name: 'an entity that is a file',
    file: svg('<title>&e;</title>', undefined, '<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    refused: /entity/,
  },
  {
    name: 'an entity in an attribute',
    file: svg('<g id="&e;"/>', undefined, `<!DOCTYPE svg [<!ENTITY e SYSTEM "${address}/entity">]>`),
    refused: /entity/,
  },
  {
    name: 'entities that nobody uses',
    file: svg(
      '',
      undefined,
      `<!DOCTYPE svg SYSTEM "${address}/dtd" [<!ENTITY % p SYSTEM "${address}/p">%p;]>`,
    ),
  },
  {
    name: 'uses of uses',
    file: svg(`<defs>${bomb(9, (id) => `<use href="#${id}"/>`, 'g')}</defs><use href="#b8"/>`),
    refused: /complex/,
  },
  {
    name: 'clips of clips',
    file: svg(
      `${bomb(9, (id) => `<path d="M0 0h8v4z" clip-path="url(#${id})"/>`, 'clipPath')}<g clip-path="url(#b8)">${SHAPE}</g>`,
    ),
    refused: /complex/,
  },
  {
    name: 'masks of masks',
    file: svg(
      `${bomb(9, (id) => `<path d="M0 0h8v4z" style="mask:url(#${id})"/>`, 'mask')}<g mask="url(#b8)">${SHAPE}</g>`,
    ),
    refused: /complex/,
  },
  {
    name: 'shapes of a clip that cross each other',
    file: svg(
      `<clipPath id="c">${times(20, (n) => `<path d="M${n} 0${times(400, (m) => `L${(m * 7919 * (n + 1)) % 1000} ${(m * 104729) % 997}`)}z"/>`)}</clipPath><g clip-path="url(#c)">${SHAPE}</g>`,
    ),
    refused: /complex/,
  },
  {
    name: 'a thousand masks',
    file: svg(`<mask id="m">${SHAPE}</mask>${'<g mask="url(#m)"><path d="M0 0h8v4z"/></g>'.repeat(1_000)}`),
    refused: /complex/,
  },
  { name: 'a use of what it is in', file: svg('<g id="g"><use href="#g"/></g>'), refused: /deep/ },
  {
    name: 'gradients in a circle',
    file: svg(
      '<linearGradient id="a" href="#b"/><linearGradient id="b" xlink:href="#a"/><rect fill="url(#a)" width="8" height="4"/>',
    ),
    refused: /deep/,
  },
  {
    name: 'a long path many times',
    file: svg(`<path id="p" d="M0 0${'h1'.repeat(40_000)}"/>${'<use href="#p"/>'.repeat(2_000)}`),
    refused: /complex/,
  },
  { name: 'groups in groups', file: svg(`${'<g>'.repeat(20_000)}${'</g>'.repeat(20_000)}`), refused: /deep/ },
  { name: 'elements without end', file: svg('<g/>'.repeat(45_000)), refused: /3000 elements/ },
  { name: 'attributes without end', file: svg(`<g ${times(20_000, (n) => `a${n}="" `)}/>`) },
  {
    name: 'classes times rules',
    file: svg(
      `<style>${'.a{fill:red}'.repeat(2_700)}</style>${`<g class="${'a '.repeat(2_000)}"/>`.repeat(25)}`,
    ),
  },
  {
    name: 'selectors times declarations',
    file: svg(`<style>${times(2_500, (n) => `.s${n},`)}.t{${'fill:red;'.repeat(1_700)}}</style>`),
  },
  {
    name: 'a style sheet of 180 kB',
    file: svg(`<style>${'.a{fill:red}'.repeat(15_000)}</style>`),
    refused: /style sheets/,
  },
  { name: 'a style without an end', file: svg('<style>.a{fill:red</style>'), refused: /style/ },
  {
    name: 'braces without end',
    file: svg(`<style>${'a{'.repeat(12_000)}${'}'.repeat(6_000)}</style>`),
    refused: /style/,
  },
  {
    name: 'numbers without bounds',
    file: svg('<circle r="1e308" cx="-1e308"/><path d="M1e999 0L0 1e999" stroke-width="1e300"/>'),
  },
  {
    name: 'dashes finer than the eye',
    file: svg('<path d="M0 0H1e9" stroke="#000" stroke-dasharray="1e-9"/>'),
  },
  { name: 'a document without end', file: svg('<g>').subarray(0, 120), refused: /well-formed/ },
  {
    name: 'a page behind it',
    file: Buffer.concat([svg(''), Buffer.from(`<script src="${address}/tail.js"/>`)]),
    refused: /well-formed/,
  },
  { name: 'a PDF before it', file: svg('', undefined, '%PDF-1.7\n'), refused: /well-formed/ },
  { name: 'a page of HTML', file: Buffer.from(`<html><img src="${address}/x"/></html>`), refused: /root/ },
  {
    name: 'svg of no namespace',
    file: Buffer.from(`<svg viewBox="0 0 8 4">${SHAPE}</svg>`),
    refused: /namespace/,
  },
  { name: 'a PNG', file: Buffer.from([0x89, 0x50, 0x4e, 0x47]), refused: /UTF-8/ },
  { name: 'a compressed SVG', file: gzipSync(svg('')), refused: /UTF-8/ },
  { name: 'UTF-16', file: Buffer.from(`\ufeff${svg('').toString()}`, 'utf16le'), refused: /UTF-8/ },
  { name: 'NUL', file: svg('<g id="\0"/>'), refused: /well-formed/ },
  { name: 'text', file: Buffer.from('not a logo'), refused: /well-formed/ },
  ...[
    '',
    'viewBox="0 0 0 0"',
    'viewBox="0 0 1e9 1"',
    'viewBox="a b c d"',
    'width="100%" height="-1"',
    'viewBox="0 0 8"',
  ].map((attributes): HostileLogo => ({
    name: `a size that is none: ${attributes}`,
    file: svg('', attributes),
    refused: /size/,
  })),
  {
    name: 'nothing to draw',
    file: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4"><text>Logo</text></svg>'),
    refused: /nothing/,
  },
];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, content: Buffer = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(content.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

export const pngHeader = (width: number, height: number, depth = 8, colorType = 6, interlace = 0): Buffer => {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width, 0);
  content.writeUInt32BE(height, 4);
  content.set([depth, colorType, 0, 0, interlace], 8);
  return chunk('IHDR', content);
};

/** @param pixels unpacked, each row with its filter before it */
export const png = (
  header: Buffer,
  pixels: Buffer,
  { before = [] as Buffer[], after = [] as Buffer[] } = {},
): Buffer =>
  Buffer.concat([SIGNATURE, header, ...before, chunk('IDAT', deflateSync(pixels)), ...after, chunk('IEND')]);

export const pngChunk = chunk;

/** Two rows of two pixels: red, green; blue, and one that is half transparent. */
export const PIXELS = Buffer.from([0, 255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 255, 255, 0, 0, 0, 128]);
const SMALL = pngHeader(2, 2);
const SCRIPT = Buffer.from('Comment\0<script>alert(1)</script>');
const good = png(SMALL, PIXELS);

export const HOSTILE_PNGS: HostileLogo[] = [
  {
    name: '30,000 pixels a side',
    file: png(pngHeader(30_000, 30_000), Buffer.alloc(1_000_000)),
    refused: /30000 x 30000/,
  },
  {
    name: '30,000 pixels in a row',
    file: png(pngHeader(30_000, 1, 1, 0), Buffer.alloc(3_751)),
    refused: /30000 x 1/,
  },
  { name: 'a size beyond numbers', file: png(pngHeader(0xffffffff, 0xffffffff), PIXELS), refused: /pixels/ },
  { name: 'no size', file: png(pngHeader(0, 2), PIXELS), refused: /no size/ },
  {
    name: 'more pixels than its size: 190 MB',
    file: png(SMALL, Buffer.alloc(190_000_000)),
    refused: /more pixels/,
  },
  { name: 'fewer pixels than its size', file: png(pngHeader(2, 3), PIXELS), refused: /fewer pixels/ },
  { name: 'four million pixels in 16 kB', file: png(pngHeader(2_000, 2_000), Buffer.alloc(8_001 * 2_000)) },
  {
    name: 'a filter that no reader knows',
    file: png(SMALL, Buffer.from(PIXELS).fill(9, 9, 10)),
    refused: /filter/,
  },
  {
    name: 'pixels that are not packed',
    file: Buffer.concat([SIGNATURE, SMALL, chunk('IDAT', PIXELS), chunk('IEND')]),
    refused: /unpacked/,
  },
  {
    name: 'pixels that end early',
    file: Buffer.concat([
      SIGNATURE,
      SMALL,
      chunk('IDAT', deflateSync(PIXELS).subarray(0, 12)),
      chunk('IEND'),
    ]),
    refused: /unpacked/,
  },
  { name: 'no pixels', file: Buffer.concat([SIGNATURE, SMALL, chunk('IEND')]), refused: /no pixels/ },
  {
    name: 'no header',
    file: Buffer.concat([SIGNATURE, chunk('IDAT', deflateSync(PIXELS)), chunk('IEND')]),
    refused: /header/,
  },
  { name: 'a depth that no PNG has', file: png(pngHeader(2, 2, 3), PIXELS), refused: /header/ },
  { name: 'a kind of colours that no PNG has', file: png(pngHeader(2, 2, 8, 5), PIXELS), refused: /header/ },
  {
    name: 'a palette that is missing',
    file: png(pngHeader(2, 2, 8, 3), Buffer.from([0, 0, 0, 0, 0, 0])),
    refused: /palette/,
  },
  {
    name: 'a palette beyond its depth',
    file: png(pngHeader(2, 2, 1, 3), Buffer.from([0, 0, 0, 0]), { before: [chunk('PLTE', Buffer.alloc(9))] }),
    refused: /palette/,
  },
  { name: 'a file that breaks off', file: good.subarray(0, good.length - 14), refused: /end/ },
  { name: 'the signature alone', file: SIGNATURE, refused: /end/ },
  {
    name: 'a chunk of four gigabytes',
    file: Buffer.concat([SIGNATURE, SMALL, Buffer.from('ffffffff49444154', 'hex'), PIXELS]),
    refused: /end/,
  },
  { name: 'a wrong checksum', file: Buffer.from(good).fill(1, 20, 24), refused: /checksum/ },
  { name: 'a page behind its end', file: Buffer.concat([good, Buffer.from('<script>alert(1)</script>')]) },
  {
    name: 'a script in a text',
    file: png(SMALL, PIXELS, { before: [chunk('tEXt', SCRIPT)], after: [chunk('iTXt', SCRIPT)] }),
  },
  {
    name: 'a text that grows when it is unpacked',
    file: png(SMALL, PIXELS, {
      before: [chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(100_000_000))]))],
    }),
  },
  {
    name: 'a colour profile that grows',
    file: png(SMALL, PIXELS, {
      before: [chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(100_000_000))]))],
    }),
  },
  {
    name: 'an animation',
    file: png(SMALL, PIXELS, { before: [chunk('acTL', Buffer.alloc(8))], after: [chunk('fdAT', SCRIPT)] }),
  },
  { name: 'a photograph', file: Buffer.from('ffd8ffe000104a46494600010100', 'hex'), refused: /no PNG/ },
  { name: 'a GIF', file: Buffer.from('GIF89a'), refused: /no PNG/ },
  { name: 'an SVG', file: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), refused: /no PNG/ },
];
