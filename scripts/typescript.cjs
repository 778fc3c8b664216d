// `node --require ./scripts/typescript.cjs file.ts` runs TypeScript of this repository as the tests do: compiled in
// memory, types unchecked. For tools; the application itself is built.
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, sourceMaps: 'inline' });
  module._compile(code, filename);
};
