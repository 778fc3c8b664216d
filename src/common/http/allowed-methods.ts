import type { Request } from 'express';

/** What is used here of a layer of Express's router; its types leave it out. */
interface Layer {
  match(path: string): boolean;
  route?: { path: string; methods: Record<string, boolean> };
}

/** The methods that routes answer at this path, for `Allow` (RFC 9110, section 10.2.1); none where nothing is. */
export function allowedMethods(request: Request): string[] {
  const { stack } = (request.app as unknown as { router: { stack: Layer[] } }).router;
  const routes = stack.flatMap((layer) => (layer.route && matches(layer, request.path) ? [layer.route] : []));
  // `/v1/orders/reports` is no order whose id is "reports".
  const fewest = Math.min(...routes.map(parameters));
  const methods = routes
    .filter((route) => parameters(route) === fewest)
    .flatMap((route) => Object.keys(route.methods))
    .filter((method) => !method.startsWith('_'))
    .map((method) => method.toUpperCase());
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
}

const parameters = ({ path }: { path: string }): number => path.split(':').length - 1;

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // A path that does not decode.
    return false;
  }
}
