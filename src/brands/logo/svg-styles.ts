import postcss, { CssSyntaxError, type Container } from 'postcss';
import { invalidLogo, LOGO_LIMITS } from './logo';
import type { SvgElement } from './svg-document';

/** What a style may say of an element, which can be said by attributes as well (SVG 2, section 6.7). */
export const PRESENTATION = [
  ...['clip-path', 'clip-rule', 'color', 'display', 'fill', 'fill-opacity', 'fill-rule', 'mask', 'mask-type'],
  ...[
    'opacity',
    'stop-color',
    'stop-opacity',
    'stroke',
    'stroke-linecap',
    'stroke-linejoin',
    'stroke-miterlimit',
  ],
  ...['stroke-opacity', 'stroke-width', 'visibility'],
];

/** One name, class or id: what the editors of logos write. */
const SELECTOR = /^[.#]?[\p{L}_][\p{L}\p{N}_-]*$/u;

/** By property, its value and the rule that it is of: the later rule counts. */
type Properties = Map<string, { value: string; rule: number }>;

/** The style sheets of a drawing, as far as they say what can be said by attributes. */
export class SvgStyles {
  private readonly bySelector = new Map<string, Properties>();
  /** Whether all rules were understood. */
  readonly areWhole: boolean;

  /** @throws AppError 422 `invalid_logo` for what is no style sheet, or is too long */
  constructor(text: string) {
    if (text.length > LOGO_LIMITS.svg.styles)
      throw invalidLogo(`The style sheets of the SVG have more than ${LOGO_LIMITS.svg.styles} characters.`);
    const nodes = parsed(text).nodes.filter(({ type }) => type !== 'comment');
    const selectors = nodes.flatMap((node, rule) => {
      if (node.type !== 'rule') return [undefined];
      // Once for all of its selectors: there may be as many of them as of declarations.
      const properties = propertiesOf(node, rule);
      return [...new Set(node.selectors)].map((selector) => {
        if (!SELECTOR.test(selector)) return undefined;
        this.bySelector.set(selector, merged(this.bySelector.get(selector), properties));
        return selector;
      });
    });
    this.areWhole = selectors.every((selector) => selector !== undefined);
  }

  /**
   * What all styles say of an element: those of its name, then those of its classes, of its id, and its own.
   *
   * @throws AppError 422 `invalid_logo` for an attribute `style` that is none
   */
  of({ name, attributes }: SvgElement): Map<string, string> {
    const ofClasses: Properties = new Map();
    for (const one of new Set(attributes.get('class')?.split(/\s+/)))
      this.bySelector.get(`.${one}`)?.forEach((said, property) => {
        if (said.rule >= (ofClasses.get(property)?.rule ?? 0)) ofClasses.set(property, said);
      });
    const inOrder = [
      this.bySelector.get(name),
      ofClasses,
      this.bySelector.get(`#${attributes.get('id') ?? ''}`),
      propertiesOf(parsed(attributes.get('style') ?? ''), 0),
    ];
    return new Map(
      inOrder.flatMap((properties) => [...(properties ?? [])].map(([key, { value }]) => [key, value])),
    );
  }
}

function propertiesOf(container: Container, rule: number): Properties {
  const properties: Properties = new Map();
  for (const node of container.nodes ?? [])
    if (node.type === 'decl' && PRESENTATION.includes(node.prop))
      properties.set(node.prop, { value: node.value, rule });
  return properties;
}

const merged = (earlier: Properties | undefined, later: Properties): Properties =>
  new Map([...(earlier ?? []), ...later]);

function parsed(text: string): postcss.Root {
  try {
    return postcss.parse(text);
  } catch (error) {
    if (error instanceof CssSyntaxError) throw invalidLogo('The SVG has a style that cannot be read.');
    throw error;
  }
}
