import { DrawnElement } from './drawn-element';
import { GRADIENTS, SHAPES, SVG_NAMESPACE, type SvgElement } from './svg-document';
import { requireBounded } from './svg-effort';
import { PRESENTATION, type SvgStyles } from './svg-styles';

/** What an element may have. */
const ATTRIBUTES = new Set([
  ...PRESENTATION,
  ...['d', 'points', 'x', 'y', 'width', 'height', 'cx', 'cy', 'r', 'rx', 'ry', 'x1', 'y1', 'x2', 'y2'],
  ...['fx', 'fy', 'fr', 'offset', 'transform', 'viewBox'],
  ...['gradientTransform', 'gradientUnits', 'spreadMethod', 'clipPathUnits', 'maskUnits', 'maskContentUnits'],
]);

/** Numbers, words, colours, paths, and functions of them. An address has letters that are missing here. */
const VALUE = /^(?!.*url)[\w\s.,+\-%#()/]*$/is;
const REFERENCE = /^\s*url\(\s*["']?#([^"'()\s]+)["']?\s*\)(.*)$/is;

const DRAWN = ['g', 'symbol', 'use', ...SHAPES];
/** What each kind of reference may be to. */
const TARGETS: Partial<Record<string, readonly string[]>> = {
  fill: GRADIENTS,
  stroke: GRADIENTS,
  'clip-path': ['clipPath'],
  mask: ['mask'],
};
const TARGETS_OF_LINKS: Partial<Record<string, readonly string[]>> = {
  use: DRAWN,
  linearGradient: GRADIENTS,
  radialGradient: GRADIENTS,
};

/**
 * The drawing that a document has, with its styles as attributes and its references by ids of our own.
 *
 * @throws AppError 422 `invalid_logo` for a style that cannot be read, and for more than `LOGO_LIMITS` has room for
 */
export function drawingOf(root: SvgElement, styles: SvgStyles): DrawnElement {
  const drawing = new DrawnElement(root);
  drawing.attributes.set('xmlns', SVG_NAMESPACE);
  const elements = [...drawing.all()];
  const byId = new Map<string, DrawnElement>();
  for (const element of elements) {
    const id = element.source.attributes.get('id');
    if (id !== undefined && !byId.has(id)) byId.set(id, element);
  }
  const references = new References(byId);
  for (const element of elements) addAttributes(element, styles, references);
  requireBounded(drawing, elements);
  return drawing;
}

function addAttributes(element: DrawnElement, styles: SvgStyles, references: References): void {
  const { source, attributes } = element;
  for (const [name, given] of new Map([...source.attributes, ...styles.of(source)])) {
    const value = name === 'href' ? references.link(element, given) : references.value(element, name, given);
    if (value !== undefined) attributes.set(name, value);
  }
}

class References {
  private readonly ids = new Map<DrawnElement, string>();

  constructor(private readonly byId: ReadonlyMap<string, DrawnElement>) {}

  link(from: DrawnElement, value: string): string | undefined {
    return value.startsWith('#') ? this.to(from, value.slice(1), TARGETS_OF_LINKS[from.name]) : undefined;
  }

  value(from: DrawnElement, name: string, value: string): string | undefined {
    if (!ATTRIBUTES.has(name)) return undefined;
    const [, id, rest = ''] = REFERENCE.exec(value) ?? [];
    if (id === undefined) return VALUE.test(value) ? value : undefined;
    const target = this.to(from, id, TARGETS[name]);
    if (target !== undefined) return `url(${target})`;
    // Nothing is drawn with a paint that is not there, unless another is given.
    if (TARGETS[name] !== GRADIENTS) return undefined;
    return rest.trim() !== '' && VALUE.test(rest) ? rest.trim() : 'none';
  }

  /** @returns `#` and the id that it is written with */
  private to(from: DrawnElement, id: string, targets: readonly string[] = []): string | undefined {
    const target = this.byId.get(id);
    if (target === undefined || !targets.includes(target.name)) return undefined;
    from.references.push(target);
    const written = this.ids.get(target) ?? `i${this.ids.size}`;
    this.ids.set(target, written);
    target.attributes.set('id', written);
    return `#${written}`;
  }
}
