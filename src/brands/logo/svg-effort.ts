import type { DrawnElement } from './drawn-element';
import { invalidLogo, LOGO_LIMITS } from './logo';
import { tooDeep } from './svg-document';

/** Of every element. */
const ELEMENT = 100;
/** A picture of its own, of which a PDF has to hold the pixels or the parts. */
const MASK = 10_000;
/** Times what they have: the shapes of a clip are united, in a time that grows with all that cross each other. */
const UNITED = 100;

interface Measure {
  effort: number;
  /** Elements one in the other, this one included. */
  height: number;
}

/**
 * Holds what drawing takes against its limit: a few elements that use each other draw millions.
 *
 * @throws AppError 422 `invalid_logo`
 */
export function requireBounded(drawing: DrawnElement, elements: readonly DrawnElement[]): void {
  let { effort } = measure(drawing, 1, new Map());
  for (const clip of elements.filter(isUnited))
    for (const shape of clip.children) effort += UNITED * charactersOf(shape);
  requireLittle(effort);
}

const isUnited = ({ name, children }: DrawnElement): boolean => name === 'clipPath' && children.length > 1;

/** With what it refers to. References in a circle are as deep as can be. */
function measure(element: DrawnElement, depth: number, known: Map<DrawnElement, Measure>): Measure {
  const before = known.get(element);
  if (depth + (before?.height ?? 1) - 1 > LOGO_LIMITS.svg.depth) throw tooDeep();
  if (before !== undefined) return before;
  let height = 0;
  let effort = charactersOf(element) + (element.name === 'mask' ? MASK : ELEMENT);
  for (const part of [...element.children, ...element.references]) {
    const of = measure(part, depth + 1, known);
    height = Math.max(height, of.height);
    effort += of.effort;
    requireLittle(effort);
  }
  const measured = { effort, height: height + 1 };
  known.set(element, measured);
  return measured;
}

function charactersOf({ name, attributes }: DrawnElement): number {
  let characters = name.length;
  for (const [attribute, value] of attributes) characters += attribute.length + value.length;
  return characters;
}

function requireLittle(effort: number): void {
  if (effort > LOGO_LIMITS.svg.effort)
    throw invalidLogo('The SVG is too complex: what it draws, references followed, is too much.');
}
