import type { SvgElement } from './svg-document';

/** An element as it is written: with attributes alone that a drawing needs, whose values stand for nothing else. */
export class DrawnElement {
  readonly attributes = new Map<string, string>();
  readonly children: DrawnElement[];
  /** What else it is drawn with. */
  readonly references: DrawnElement[] = [];

  constructor(readonly source: SvgElement) {
    this.children = source.children.map((child) => new DrawnElement(child));
  }

  get name(): string {
    return this.source.name;
  }

  /** No value has a character that XML would have escaped. */
  toString(): string {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}="${value}"`).join('');
    return `<${this.name}${attributes}>${this.children.join('')}</${this.name}>`;
  }

  *all(): Generator<DrawnElement> {
    yield this;
    for (const child of this.children) yield* child.all();
  }
}
