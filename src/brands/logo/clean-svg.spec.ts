import fc from 'fast-check';
import { AppError } from '../../common/app-error';
import { cleanSvg } from './clean-svg';

const NAMES = [
  ...[
    'svg',
    'g',
    'path',
    'rect',
    'use',
    'defs',
    'clipPath',
    'mask',
    'linearGradient',
    'stop',
    'symbol',
    'a',
    'switch',
  ],
  ...['script', 'style', 'image', 'text', 'foreignObject', 'filter', 'h:img', 'h:script', 'set', 'title'],
];
const ATTRIBUTES = [
  ...[
    'id',
    'class',
    'style',
    'href',
    'xlink:href',
    'fill',
    'stroke',
    'clip-path',
    'mask',
    'filter',
    'onload',
    'd',
    'x',
  ],
  ...['width', 'transform', 'viewBox', 'src', 'data-a', 'opacity', 'begin', 'attributeName'],
];
const VALUES = [
  ...[
    'a',
    'b',
    '#a',
    '#b',
    'url(#a)',
    "url('#b') red",
    'url(#c) url(http://x/)',
    'url(http://x/y.svg#a)',
    'red',
    '0 0 1 1',
    'M0 0h1',
  ],
  ...[
    'http://x/',
    '//x/',
    'javascript:alert(1)',
    'data:image/svg+xml,x',
    '\\75rl(//x)',
    '&quot;&gt;&lt;script&gt;',
    '&#117;rl(//x)',
  ],
  ...[
    'fill:url(#a);mask:url(//x)',
    'stroke:red',
    '@import url(//x)',
    '.a{fill:url(#b)} g .b{x:y}',
    '#a{mask:url(#b)}',
    "src('//x')",
  ],
];

interface Node {
  name: string;
  attributes: [string, string][];
  children: (Node | string)[];
}

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.record({
    name: fc.constantFrom(...NAMES),
    attributes: fc.uniqueArray(fc.tuple(fc.constantFrom(...ATTRIBUTES), fc.constantFrom(...VALUES)), {
      maxLength: 4,
      selector: ([name]) => name,
    }),
    children: fc.array(fc.oneof({ depthSize: 'small' }, fc.constantFrom(...VALUES), tie('node')), {
      maxLength: 4,
    }),
  }),
}));

const written = (one: Node | string): string =>
  typeof one === 'string'
    ? one
    : `<${one.name}${one.attributes.map(([name, value]) => ` ${name}="${value}"`).join('')}>${one.children.map(written).join('')}</${one.name}>`;

const documentOf = (children: Node[]): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:h="http://www.w3.org/1999/xhtml" viewBox="0 0 8 4"><path d="M0 0h1v1z"/>${children.map(written).join('')}</svg>`,
  );

/** What a logo may be, said in another way than by the lists that make it so. */
const TAG = String.raw`<(svg|g|path|rect|use|defs|clipPath|mask|linearGradient|stop|symbol)(?: (?:xmlns="http://www\.w3\.org/2000/svg"|id="i\d+"|href="#i\d+"|(?:fill|stroke)="url\(#i\d+\)"|(?:clip-path|mask)="url\(#i\d+\)"|(?!on|href|style|class|id)[a-zA-Z-]+="(?![^"]*url)[\w\s.,+%#()/-]*"))*>|</\w+>`;
const CLEAN = new RegExp(`^(?:${TAG})+$`);

function cleaned(file: Buffer): string | undefined {
  try {
    return cleanSvg(file).content.toString();
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_logo') return undefined;
    throw error;
  }
}

it('whatever a document is made of, what is kept is of the list, and is clean when it is cleaned again', () => {
  let kept = 0;
  fc.assert(
    fc.property(fc.array(node, { maxLength: 6 }), (children) => {
      const text = cleaned(documentOf(children));
      if (text === undefined) return;
      kept += 1;
      expect(text).toMatch(CLEAN);
      expect(cleaned(Buffer.from(text))).toBe(text);
    }),
    { numRuns: 3_000 },
  );
  expect(kept).toBeGreaterThan(1_000);
});

it('any bytes are refused or cleaned, and nothing else', () => {
  const good = documentOf([]).toString();
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.nat(20),
      fc.string({ unit: 'binary', maxLength: 20 }),
      (at, cut, text) => {
        const kept = cleaned(Buffer.from(good.slice(0, at) + text + good.slice(at + cut)));
        if (kept !== undefined) expect(kept).toMatch(CLEAN);
      },
    ),
    { numRuns: 3_000 },
  );
});

const drawn = (inside: string, attributes = 'viewBox="0 0 8 4"'): string =>
  cleanSvg(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`,
    ),
  )
    .content.toString()
    .replace(/^<svg[^>]*>|<\/svg>$/g, '');

it.each([
  ['an attribute', '<rect fill="red"/>', '<rect fill="red"></rect>'],
  [
    'its name over an attribute',
    '<style>rect{fill:blue}</style><rect fill="red"/>',
    '<rect fill="blue"></rect>',
  ],
  [
    'a class over its name',
    '<style>.a{fill:lime}rect{fill:blue}</style><rect class="a"/>',
    '<rect fill="lime"></rect>',
  ],
  [
    'the later of two classes',
    '<style>.a,.b{fill:lime}.a{fill:#000}</style><rect class="a b"/>',
    '<rect fill="#000"></rect>',
  ],
  [
    'an id over a class',
    '<style>#i{fill:#111}.a{fill:lime}</style><rect id="i" class="a"/>',
    '<rect fill="#111"></rect>',
  ],
  [
    'its own style over all',
    '<style>#i{fill:#111}</style><rect id="i" style="fill:#222 !important"/>',
    '<rect fill="#222"></rect>',
  ],
  [
    'nothing that no attribute can say',
    '<style>rect{background:red;fill:blue}</style><rect/>',
    '<rect fill="blue"></rect>',
  ],
])('styles: %s counts', (_, inside, expected) => {
  expect(drawn(inside)).toBe(expected);
});

it.each([
  [
    'a gradient',
    '<linearGradient id="a"/><rect fill="url(#a)"/>',
    '<linearGradient id="i0"></linearGradient><rect fill="url(#i0)"></rect>',
  ],
  ['what comes later', '<use xlink:href="#a"/><path id="a"/>', '<use href="#i0"></use><path id="i0"></path>'],
  [
    'a paint that is not there',
    '<rect fill="url(#a)" stroke="url(#a) #fff"/>',
    '<rect fill="none" stroke="#fff"></rect>',
  ],
  ['a clip that is not there', '<rect clip-path="url(#a)"/>', '<rect></rect>'],
  [
    'something of another kind',
    '<clipPath id="a"/><rect fill="url(#a)" mask="url(#a)"/>',
    '<clipPath></clipPath><rect fill="none"></rect>',
  ],
  [
    'the first of an id',
    '<mask id="a"/><mask id="a"/><rect mask="url(#a)"/>',
    '<mask id="i0"></mask><mask></mask><rect mask="url(#i0)"></rect>',
  ],
])('references: to %s', (_, inside, expected) => {
  expect(drawn(inside)).toBe(expected);
});

it.each([
  ['viewBox="-4 -2 8 4" width="100" height="7"', { width: 8, height: 4 }],
  ['viewBox="0,0 , 8,4"', { width: 8, height: 4 }],
  ['width="60" height="20px"', { width: 60, height: 20 }],
  ['width="1in" height="72pt"', { width: 96, height: 96 }],
  ['width="2.54cm" height="50.8mm"', { width: 96, height: 192 }],
])('its size by %s', (attributes, size) => {
  const logo = cleanSvg(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}><path/></svg>`));
  expect(logo.width).toBeCloseTo(size.width, 6);
  expect(logo.height).toBeCloseTo(size.height, 6);
  expect(logo.content.toString()).toContain(` width="${logo.width}" height="${logo.height}"`);
});
