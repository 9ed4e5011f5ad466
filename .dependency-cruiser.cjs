/**
 * Who may import whom, checked by `npm run check`. Type imports count like all others.
 */

/**
 * The folders of src in the order in which data flows: each imports only from itself and from
 * those before it.
 */
const layers = [
  'core',
  'graph',
  'autodiff',
  'formats',
  'runtime',
  'image',
  'crf',
  'models',
  'convert',
  'weights',
  'catalog',
  'data',
  'segment',
  'evaluate',
  'train',
];

/** Libraries that one part of the tree alone may know. */
const confined = [
  {
    libraries: ['flatbuffers', '@bufbuild/protobuf', 'fflate'],
    to: '^src/formats/',
    why: 'bytes stay at the edge: all other code sees plain records',
  },
  {
    libraries: ['commander', 'cli-progress'],
    to: '^apps/cli/',
    why: 'the library prints nothing and reads no command line',
  },
];

/** Libraries that exist in Node only, beside its own modules. */
const nodeLibraries = ['onnxruntime-node', 'sharp'];

/** Tests with what they share; they may reach across layers and are not shipped. */
const tests = '\\.(test|fixture|fixtures|conformance|bench)\\.ts$';

/** Where Node may be assumed: its own folders, the entry for Node, and programs. */
const nodePlaces = ['^src/.+/node/', '^src/index\\.ts$', '^(apps|bench|examples|test|tools)/'];

/** Names that say nothing of what is inside. */
const emptyNames = 'utils?|helpers?|common|misc|manager';

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const packages = (names) => `(^|/)node_modules/(${names.map(literal).join('|')})/`;

const layerRules = layers.map((layer, position) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} imports only from ${['itself', ...layers.slice(0, position)].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: tests },
  to: { path: '^src/', pathNot: `^src/(${layers.slice(0, position + 1).join('|')})/` },
}));

const confinedRules = confined.map(({ libraries, to, why }) => ({
  name: `only-${to
    .replace(/[^a-z]+/g, ' ')
    .trim()
    .replaceAll(' ', '-')}`,
  comment: `${libraries.join(', ')} belong to ${to}: ${why}.`,
  severity: 'error',
  from: { pathNot: to },
  to: { path: packages(libraries) },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be understood or loaded one by one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layerRules,
    {
      name: 'unknown-layer',
      comment: 'A folder of src that has no place in the order: add it to `layers` in this file.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${layers.join('|')})/` },
    },
    {
      name: 'library-not-program',
      comment: 'The library knows nothing of the programs, benchmarks and tests around it.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^(apps|bench|examples|test|tools)/' },
    },
    {
      name: 'program-not-bench',
      comment: 'What is shipped or shown knows nothing of benchmarks, tests and tools.',
      severity: 'error',
      from: { path: '^(apps|examples)/', pathNot: tests },
      to: { path: '^(bench|test|tools)/' },
    },
    {
      name: 'node-modules-in-node-folders',
      comment: 'Modules of Node belong to folders named node: the rest also runs in browsers.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...nodePlaces, tests] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'node-libraries-in-node-folders',
      comment: `${nodeLibraries.join(', ')} belong to folders named node.`,
      severity: 'error',
      from: { path: '^src/', pathNot: [...nodePlaces, tests] },
      to: { path: packages(nodeLibraries) },
    },
    {
      name: 'node-folders-from-node-folders',
      comment: 'The platform is chosen by import path: shared code does not reach for one.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...nodePlaces, tests] },
      to: { path: '^src/.+/node/' },
    },
    ...confinedRules,
    {
      name: 'tests-stay-out',
      comment: 'Tests and their fixtures are not shipped, so shipped code cannot import them.',
      severity: 'error',
      from: { pathNot: [tests, '^(bench|test|tools)/'] },
      to: { path: tests },
    },
    {
      name: 'shipped-dependencies',
      comment: 'Shipped code imports what package.json lists under dependencies.',
      severity: 'error',
      from: { path: '^(src|apps)/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'resolvable',
      comment: 'An import of something that is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'telling-names',
      comment: 'A file or folder is named after its subject.',
      severity: 'error',
      from: {},
      to: { path: `[-/](${emptyNames})(\\.ts$|/)`, pathNot: 'node_modules' },
    },
    {
      name: 'no-orphans',
      comment: 'A module that imports nothing and that nothing imports is dead.',
      severity: 'error',
      from: { path: '^(src|apps)/', orphan: true },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
    progress: { type: 'none' },
  },
};
