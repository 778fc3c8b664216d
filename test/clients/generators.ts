import { join, resolve } from 'node:path';
import type { Cell } from './cell';
import { type Generator, walkWithGeneratedClient } from './generated-client';
import { versionOf } from './packages';

const ROOT = resolve(__dirname, '../..');

/** With the packages of the project itself: this one is in `npm test`, too. */
export const OPENAPI_FETCH: Generator = {
  adapter: 'openapi-fetch',
  command: [
    join(ROOT, 'node_modules/openapi-typescript/bin/cli.js'),
    'openapi.json',
    '--output',
    'generated/api.ts',
  ],
};

const heyApi = (packages: string): Generator => ({
  adapter: 'hey-api',
  node: newerNode(packages),
  command: [binary('openapi-ts', packages), '--input', 'openapi.json', '--output', 'generated'],
});

const orval = (packages: string): Generator => ({
  adapter: 'orval',
  node: newerNode(packages),
  command: [binary('orval', packages), '--input', './openapi.json', '--output', './generated/api.ts'],
});

const orvalWithFetch = (packages: string): Generator => ({
  adapter: 'orval-fetch',
  node: newerNode(packages),
  command: [binary('orval', packages)],
  files: {
    // Without the last, its type of an import is none that `fetch` sends.
    'orval.config.ts': `import { defineConfig } from 'orval';

export default defineConfig({
  orderReports: {
    input: './openapi.json',
    output: {
      target: './generated/api.ts',
      client: 'fetch',
      baseUrl: { runtime: 'process.env.ORDER_REPORTS_URL' },
      override: { contentType: { exclude: ['multipart/form-data'] } },
    },
  },
});
`,
  },
});

const kubb = (packages: string): Generator => ({
  adapter: 'kubb',
  node: newerNode(packages),
  command: [binary('kubb', packages), 'generate'],
  files: {
    'kubb.config.ts': `import { defineConfig } from '@kubb/core';
import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';

export default defineConfig({
  input: { path: './openapi.json' },
  output: { path: './generated' },
  plugins: [pluginOas(), pluginTs(), pluginClient()],
});
`,
  },
  // What it generates imports `./types.ts`.
  compilerOptions: { allowImportingTsExtensions: true },
});

const binary = (name: string, packages: string): string => join(packages, 'node_modules/.bin', name);

/** The newer generators do not run in the oldest Node that we do. */
const newerNode = (packages: string): string => join(packages, 'node_modules/node-24/bin/node');

interface GeneratorCell {
  readonly name: string;
  readonly generator: (packages: string) => Generator;
  /** How it was generated. */
  readonly by?: string;
  /** Of which the versions are named. */
  readonly packages: readonly string[];
  /** Where these are, unless they are with the others. */
  readonly root?: string;
}

const generatorCell = ({ name, generator, by = 'by its defaults', packages, root }: GeneratorCell): Cell => ({
  part: 'Generators',
  name,
  run: async (context) => {
    const made = generator(context.packages);
    await walkWithGeneratedClient(made, join(context.packages, made.adapter), {
      url: context.service.url,
      key: context.key,
    });
    return {
      version: packages.map((each) => versionOf(each, root ?? context.packages)).join(' with '),
      did: `generated ${by}, compiled under \`strict\`; submit, follow, download, cancel, import in Node ${process.versions.node}`,
    };
  },
});

export const GENERATORS: Cell[] = [
  generatorCell({
    name: 'openapi-typescript with openapi-fetch',
    generator: () => OPENAPI_FETCH,
    packages: ['openapi-typescript', 'openapi-fetch'],
    root: ROOT,
  }),
  generatorCell({ name: '@hey-api/openapi-ts', generator: heyApi, packages: ['@hey-api/openapi-ts'] }),
  generatorCell({ name: 'orval', generator: orval, packages: ['orval', 'axios'] }),
  generatorCell({
    name: 'orval with fetch',
    generator: orvalWithFetch,
    by: 'with three options',
    packages: ['orval'],
  }),
  generatorCell({
    name: 'kubb',
    generator: kubb,
    by: 'by the defaults of plugin-ts and plugin-client',
    packages: ['@kubb/plugin-client', 'axios'],
  }),
];
