import { type CleanedLogo, invalidLogo, LOGO_LIMITS, SVG_MEDIA_TYPE } from './logo';
import { DEFINITIONS, readSvg, SHAPES, type SvgElement } from './svg-document';
import { drawingOf } from './svg-drawing';
import { sizeOf } from './svg-size';
import { SvgStyles } from './svg-styles';

/**
 * Draws an SVG anew from the shapes that it has. What is written has elements and attributes of a list, values that
 * can be no address, ids of our own, and no style, text or script.
 */
export function cleanSvg(file: Buffer): CleanedLogo {
  const { root, styles: text, removed } = readSvg(file);
  const styles = new SvgStyles(text);
  if (!styles.areWhole) removed.add('style');
  const { viewBox, width, height } = sizeOf(root);
  if (!drawsSomething(root))
    throw invalidLogo('The SVG draws nothing: of texts make paths, and pictures and patterns are not kept.');
  const drawing = drawingOf(root, styles);
  for (const name of ['x', 'y']) drawing.attributes.delete(name);
  drawing.attributes.set('viewBox', viewBox.join(' '));
  drawing.attributes.set('width', String(width));
  drawing.attributes.set('height', String(height));
  const content = Buffer.from(drawing.toString());
  if (content.length > LOGO_LIMITS.cleanedBytes)
    throw invalidLogo('The SVG is too large when it is drawn anew.');
  return { mediaType: SVG_MEDIA_TYPE, content, width, height, removed: [...removed] };
}

const drawsSomething = ({ name, children }: SvgElement): boolean =>
  SHAPES.includes(name) || name === 'use' || (!DEFINITIONS.includes(name) && children.some(drawsSomething));
