import { isUtf8 } from 'node:buffer';
import { SaxesParser } from 'saxes';
import type { AppError } from '../../common/app-error';
import { invalidLogo, LOGO_LIMITS } from './logo';

export const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';
const XLINK = 'http://www.w3.org/1999/xlink';

/** The shapes, which draw something by themselves. */
export const SHAPES = ['path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon'];
export const GRADIENTS = ['linearGradient', 'radialGradient'];
/** What only draws where something refers to it. */
export const DEFINITIONS = [...GRADIENTS, 'defs', 'clipPath', 'mask', 'symbol'];

/** What a logo is made of; everything else is left out with all that is in it. */
const ELEMENTS = new Set(['svg', 'g', 'use', 'stop', ...SHAPES, ...DEFINITIONS]);
/** What surrounds shapes without drawing anything. */
const AS_GROUP = new Set(['a', 'switch']);
/** Whoever sees the logo does not miss them. */
const INVISIBLE = new Set(['title', 'desc', 'metadata', 'script', 'view', 'cursor']);
const MOST_NAMES = 20;

export interface SvgElement {
  name: string;
  /** Of no namespace; a reference is `href`, whichever way it is written. */
  attributes: Map<string, string>;
  children: SvgElement[];
}

export interface SvgDocument {
  root: SvgElement;
  /** The texts of its style sheets, one after the other. */
  styles: string;
  /** The names of elements of SVG that were left out and may be missed. */
  removed: Set<string>;
}

/**
 * Reads the elements that a logo may have. Nothing is fetched and no entity but the five of XML is known, so nothing grows
 * while it is read.
 *
 * @throws AppError 422 `invalid_logo` for what is no SVG, is not well-formed, or has too many elements
 */
export function readSvg(file: Buffer): SvgDocument {
  if (!isUtf8(file)) throw invalidLogo('The file is no SVG: it is not written in UTF-8.');
  const reader = new SvgReader();
  reader.read(file.toString());
  return reader.document();
}

class SvgReader {
  private readonly parser = new SaxesParser({ xmlns: true });
  private readonly open: SvgElement[] = [];
  private readonly removed = new Set<string>();
  private root: SvgElement | undefined;
  private elements = 0;
  private depth = 0;
  /** How deep the element is that is left out; 0: none is. */
  private leftOutAt = 0;
  private styleAt = 0;
  private styles = '';

  constructor() {
    this.parser.on('error', ({ message }) => {
      throw invalidLogo(`The file is no SVG, which is well-formed XML: ${message.slice(0, 100)}`);
    });
    this.parser.on('opentag', ({ local, uri, attributes }) =>
      this.begin(local, uri, Object.values(attributes)),
    );
    this.parser.on('closetag', () => this.end());
    this.parser.on('text', (text) => this.text(text));
    this.parser.on('cdata', (text) => this.text(text));
  }

  read(text: string): void {
    this.parser.write(text).close();
  }

  document(): SvgDocument {
    if (this.root === undefined) throw invalidLogo('The file is no SVG.');
    return { root: this.root, styles: this.styles, removed: this.removed };
  }

  private begin(
    local: string,
    uri: string,
    attributes: { local: string; uri: string; value: string }[],
  ): void {
    this.depth += 1;
    this.elements += 1;
    if (this.elements > LOGO_LIMITS.svg.elements)
      throw invalidLogo(`The SVG has more than ${LOGO_LIMITS.svg.elements} elements.`);
    if (this.depth > LOGO_LIMITS.svg.depth) throw tooDeep();
    if (this.leftOutAt > 0) return;
    const name = AS_GROUP.has(local) ? 'g' : local;
    if (this.root === undefined && (uri !== SVG_NAMESPACE || name !== 'svg'))
      throw invalidLogo(`The file is no SVG: its root is not svg of the namespace ${SVG_NAMESPACE}.`);
    if (uri !== SVG_NAMESPACE || !ELEMENTS.has(name)) {
      this.leftOutAt = this.depth;
      if (uri !== SVG_NAMESPACE) return;
      if (name === 'style') this.styleAt = this.depth;
      else if (!INVISIBLE.has(name) && this.removed.size < MOST_NAMES) this.removed.add(name.slice(0, 40));
      return;
    }
    const element = { name, attributes: attributesOf(attributes), children: [] };
    this.open.at(-1)?.children.push(element);
    this.root ??= element;
    this.open.push(element);
  }

  private end(): void {
    if (this.leftOutAt === 0) this.open.pop();
    if (this.leftOutAt === this.depth) this.leftOutAt = 0;
    if (this.styleAt === this.depth) this.styleAt = 0;
    this.depth -= 1;
  }

  private text(text: string): void {
    if (this.styleAt > 0) this.styles += text;
  }
}

export const tooDeep = (): AppError =>
  invalidLogo(`The SVG has elements more than ${LOGO_LIMITS.svg.depth} deep, references followed.`);

function attributesOf(given: { local: string; uri: string; value: string }[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const { local, uri, value } of given)
    if (uri === XLINK && local === 'href') attributes.set('href', value);
  for (const { local, uri, value } of given) if (uri === '') attributes.set(local, value);
  return attributes;
}
