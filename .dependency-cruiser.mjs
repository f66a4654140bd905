// Which room of lib/ may import which: `npm run lint:imports`. Imports run one way, down this list; rooms on one line may
// know each other. Types count like everything else.

const FLOORS = [
  ['core'],
  ['options', 'request', 'i18n'],
  ['access', 'decision', 'in-flight'],
  ['http', 'messages', 'background', 'standalone'],
  ['realtime', 'admin', 'integrations'],
  ['module'],
];

/** Beside the floors: what runs in browsers, and what runs in a terminal. */
const CLIENT = 'client';
const BROWSER = 'browser';
const COMMAND_LINE = 'cli';

const rooms = (/** @type {string[]} */ ...names) => `^lib/(${names.join('|')})/`;

const upwards = FLOORS.slice(0, -1).map((floor, index) => ({
  name: `${floor.join('-')}-imports-nothing-above`,
  severity: 'error',
  from: { path: rooms(...floor) },
  to: { path: [rooms(...FLOORS.slice(index + 1).flat()), '^lib/maintenance\\.', '^lib/index\\.ts$'] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
const config = {
  forbidden: [
    ...upwards,
    {
      name: 'core-is-without-nest',
      comment: 'The command line and scripts run without Nest: no Nest, no HTTP, no sockets.',
      severity: 'error',
      from: { path: rooms('core', 'standalone', COMMAND_LINE) },
      to: { path: ['@nestjs/', 'socket\\.io', 'express', 'fastify', '^(node:)?https?$'] },
    },
    {
      name: 'standalone-takes-no-more-than-it-needs',
      comment: 'What is loaded without Nest: a spec runs it where Nest cannot be reached.',
      severity: 'error',
      from: { path: rooms('standalone') },
      to: {
        path: '^lib/',
        pathNot: [
          rooms('core', 'options', 'access', 'decision', 'standalone'),
          '^lib/background/(applications|skip-during-maintenance\\.decorator)\\.ts$',
        ],
      },
    },
    {
      name: 'command-line-stands-on-the-service-without-nest',
      severity: 'error',
      from: { path: rooms(COMMAND_LINE) },
      to: {
        path: '^lib/',
        pathNot: [
          rooms('core', 'standalone', COMMAND_LINE),
          '^lib/http/page/page(-csp)?\\.ts$',
          '^lib/i18n/texts\\.ts$',
        ],
      },
    },
    {
      name: 'client-has-only-types-of-the-server',
      comment: 'lib/client is bundled into other front ends.',
      severity: 'error',
      from: { path: rooms(CLIENT) },
      to: { path: '^lib/', pathNot: rooms(CLIENT), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'browser-has-only-types-of-the-server',
      severity: 'error',
      from: { path: rooms(BROWSER) },
      to: { path: '^lib/', pathNot: rooms(BROWSER, CLIENT), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'server-has-only-the-generated-browser-code',
      severity: 'error',
      from: { path: '^lib/', pathNot: rooms(BROWSER) },
      to: {
        path: rooms(BROWSER),
        pathNot: '\\.generated\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-the-entry-is-imported-from-the-entry',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/index\\.ts$' },
      to: { path: '^lib/index\\.ts$' },
    },
    {
      name: 'nothing-is-left-over',
      comment: 'A file that nobody imports is dead, or an entry that is missing here.',
      severity: 'error',
      from: {
        path: '^lib/',
        pathNot: ['^lib/index\\.ts$', '^lib/client/index\\.ts$', '^lib/browser/', '\\.d\\.ts$'],
        orphan: true,
      },
      to: {},
    },
  ],
  options: {
    // a step of the build, not of the library
    exclude: { path: '^lib/generate\\.mjs$' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};

export default config;
