import type { Request } from 'express';

/** What is used here of a layer of Express's router; its types leave it out. */
interface Layer {
  match(path: string): boolean;
  route?: { methods: Record<string, boolean> };
}

/** The methods that routes answer at this path, for `Allow` (RFC 9110, section 10.2.1); none where nothing is. */
export function allowedMethods(request: Request): string[] {
  const { stack } = (request.app as unknown as { router: { stack: Layer[] } }).router;
  const methods = stack
    .filter(({ route }) => route !== undefined)
    .filter((layer) => matches(layer, request.path))
    .flatMap(({ route }) => Object.keys(route?.methods ?? {}))
    .filter((method) => !method.startsWith('_'))
    .map((method) => method.toUpperCase());
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // A path that does not decode.
    return false;
  }
}
