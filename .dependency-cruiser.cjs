/**
 * Who may import whom. A folder below `src/` is a feature or a leaf, and names here what it may use; anything else
 * is an error, and so is a folder that is not listed. `app/` composes the application and may import every folder;
 * nothing but `main.ts` imports it.
 */
const LEAVES = ['config', 'common', 'database'];
const MAY_IMPORT = {
  common: [],
  config: ['common'],
  database: ['config', 'common'],
  embedded: ['common'],
  redis: ['config', 'common'],
  clients: LEAVES,
  artifacts: LEAVES,
  brands: [...LEAVES, 'clients'],
  jobs: [...LEAVES, 'redis', 'clients', 'artifacts'],
  tasks: [...LEAVES, 'clients', 'jobs'],
  orders: [...LEAVES, 'clients', 'artifacts', 'jobs', 'tasks'],
  'report-requests': [...LEAVES, 'clients', 'artifacts', 'brands', 'jobs', 'orders'],
  webhooks: [...LEAVES, 'redis', 'clients', 'jobs'],
  erasures: [...LEAVES, 'clients', 'artifacts', 'jobs', 'orders', 'report-requests'],
  'rate-limits': [...LEAVES, 'redis', 'clients', 'jobs'],
  health: [...LEAVES, 'redis', 'clients', 'jobs'],
};

/** The same inside a feature, of its own folders: `.` are the files directly in it. */
const MAY_IMPORT_INSIDE = {
  jobs: { '.': [], worker: ['.'], http: ['.'] },
  'report-requests': {
    '.': ['formats', 'messages', 'rendering'],
    formats: ['messages', 'rendering'],
    messages: [],
    rendering: ['messages'],
  },
  webhooks: {
    '.': ['deliveries', 'egress', 'endpoints', 'feed', 'recovery', 'settings', 'signing'],
    egress: [],
    signing: [],
    feed: [],
    deliveries: ['egress', 'feed', 'signing'],
    endpoints: ['deliveries', 'egress', 'signing'],
    recovery: ['deliveries', 'endpoints', 'feed', 'signing'],
    settings: ['signing'],
  },
};
const folderInside = (feature, folder) => `${feature}/${folder === '.' ? '[^/]+$' : `${folder}/`}`;

MAY_IMPORT.app = Object.keys(MAY_IMPORT);
const FOLDERS = Object.keys(MAY_IMPORT);
const TEST_FILE = '[.]spec[.]ts$';

module.exports = {
  forbidden: [
    ...FOLDERS.map((folder) => ({
      name: `${folder}-imports`,
      comment: `src/${folder} may import ${MAY_IMPORT[folder].join(', ') || 'no other folder of src'}.`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...MAY_IMPORT[folder]].join('|')})/` },
    })),
    ...Object.entries(MAY_IMPORT_INSIDE).flatMap(([feature, folders]) =>
      Object.entries(folders).map(([folder, others]) => ({
        name: `${feature}/${folder}-imports`,
        comment: `src/${feature}/${folder} may import ${others.join(', ') || 'no other folder'} of src/${feature}.`,
        severity: 'error',
        from: { path: `^src/${folderInside(feature, folder)}`, pathNot: TEST_FILE },
        to: {
          path: `^src/${feature}/`,
          pathNot: [folder, ...others].map((each) => `^src/${folderInside(feature, each)}`),
        },
      })),
    ),
    {
      name: 'unknown-folder-inside',
      comment: 'Say in MAY_IMPORT_INSIDE what a new folder of the feature may import.',
      severity: 'error',
      from: {
        path: `^src/(${Object.keys(MAY_IMPORT_INSIDE).join('|')})/`,
        pathNot: Object.entries(MAY_IMPORT_INSIDE).flatMap(([feature, folders]) =>
          Object.keys(folders).map((folder) => `^src/${folderInside(feature, folder)}`),
        ),
      },
      to: {},
    },
    {
      name: 'rendering-imports',
      comment:
        'Rendering makes a file of a document: it knows what orders are, and nothing of jobs, HTTP, the database or the store.',
      severity: 'error',
      from: { path: '^src/report-requests/rendering/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(report-requests/(rendering|messages)|config|common)/(?!http/)',
          '^src/brands/report-brand\\.ts$',
          '^src/orders/(order-(arrangement|columns|filter|series|summary)|reported-(group|order))\\.ts$',
        ],
      },
    },
    {
      name: 'rendering-leaves',
      comment: 'What reads and writes bytes of fonts and of PDF files knows nothing of browsers and reports.',
      severity: 'error',
      from: { path: '^src/report-requests/rendering/(fonts|pdf)/', pathNot: TEST_FILE },
      to: { path: '^src/|/puppeteer', pathNot: '^src/(report-requests/rendering/(fonts|pdf)|common)/' },
    },
    {
      name: 'unknown-folder',
      comment: 'Say in MAY_IMPORT what a new folder may import.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${FOLDERS.join('|')})/` },
      to: {},
    },
    {
      name: 'no-circular',
      comment: 'Files that need each other are one file, or lack a third that both use.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file, and it imports nothing.',
      severity: 'error',
      from: { orphan: true, path: '^src/' },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dep',
      comment: 'What runs in production must be in `dependencies`.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST_FILE },
      // What only the compiler reads is gone at run time.
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'not-to-undeclared',
      comment: 'A package of another package may be gone tomorrow: declare it.',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'not-to-test',
      comment: 'The application knows nothing of its tests.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST_FILE },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'not-to-spec',
      severity: 'error',
      from: {},
      to: { path: TEST_FILE },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // They import what is generated, or what is packed and installed.
    exclude: { path: '^test/clients/(adapters|programs)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
    skipAnalysisNotInRules: true,
  },
};
