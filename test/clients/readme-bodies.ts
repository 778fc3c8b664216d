import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(__dirname, '../../README.md');
const BLOCK = /^```(?:console|sh)\n([^]*?)^```$/gm;
const CALL = /^(?:\$ )?(?=curl )/m;
/** README sends it to show how it is refused. */
const UNKNOWN_FIELD = '"colour"';

interface Document {
  paths: object;
}

/**
 * The bodies that README sends as the source of a module, in its order, by their operation (`POST /v1/orders`), and of the
 * type `Bodies` that `./calls` has. One that is not of its type does not compile; nor does one that is, though README shows
 * how it is refused.
 */
export function readmeBodies(document: Document): string {
  const calls = [...readFileSync(FILE, 'utf8').matchAll(BLOCK)].flatMap(([, block = '']) =>
    block.split(CALL),
  );
  const literals: Record<string, string[]> = {};
  const refused: string[] = [];
  for (const call of calls) {
    const address = /http:\/\/localhost:3000(\S+)/.exec(call)?.[1];
    const body = /-d '(\{[^']*\})'/.exec(call)?.[1];
    if (address === undefined || body === undefined) continue;
    const method = /-X ([A-Z]+)/.exec(call)?.[1] ?? 'POST';
    const operation = JSON.stringify(`${method} ${pathOf(address, document)}`);
    const literal = JSON.stringify(JSON.parse(body));
    if (literal.includes(UNKNOWN_FIELD)) refused.push(`{ ${operation}: [${literal}] },`);
    else (literals[operation] ??= []).push(literal);
  }
  const bodies = Object.entries(literals).map(([operation, each]) => `${operation}: [${each.join(',\n')}],`);
  return `import type { Bodies } from './calls';

export const README: Bodies = {
${bodies.join('\n')}
};

export const REFUSED: Partial<Bodies>[] = [
${refused.map((each) => `// @ts-expect-error: it has a field that is unknown.\n${each}`).join('\n')}
];
`;
}

/** The path of the document that an address is of: `/v1/orders/{id}` of `/v1/orders/$ID`. */
function pathOf(address: string, { paths }: Document): string {
  const isOf = (path: string): boolean => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(address);
  const path = address in paths ? address : Object.keys(paths).find(isOf);
  if (path === undefined) throw new Error(`README sends a body to ${address}, which is not in the document`);
  return path;
}
