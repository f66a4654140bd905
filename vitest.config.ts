import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { nest11Aliases } from './test/matrix/nest-11.js';
import { SharedLast } from './test/support/shared-last.js';

const lib = (entry: string) => fileURLToPath(new URL(`lib/${entry}`, import.meta.url));
const cores = availableParallelism();

/** Specs that load the machine themselves, or count what that costs. */
const LOAD = ['test/{faults,package}/**/*.spec.ts', 'test/realtime/{floods,storm}.spec.ts'];

/**
 * Specs that start applications in their own process, one after the other. They share a few processes: loading Nest and the library
 * for each file took more than a third of their CPU time.
 */
const SHARED = [
  'test/{access,admin,cli,client,core,decision,e2e,history,hooks,hostile,http,i18n,keys}/**/*.spec.ts',
  'test/{module,progress,realtime,service,site,state,windows}/**/*.spec.ts',
];

/** Specs that have to wait for the time limits of others: `npm run test:all`. */
const LONG = ['test/events/kafka-groups.spec.ts'];

export default defineConfig({
  // Node 20 has no `await using`; the compiler that makes dist/ lowers it the same way.
  oxc: { target: 'es2022' },
  resolve: {
    alias: [
      ...(process.env.NEST_MAJOR === '11' ? nest11Aliases() : []),
      { find: /^nestjs-maintenance$/, replacement: lib('index.ts') },
      { find: /^nestjs-maintenance\/client$/, replacement: lib('client/index.ts') },
      { find: /^nestjs-maintenance\/standalone$/, replacement: lib('standalone/index.ts') },
      { find: /^nestjs-maintenance\/bullmq$/, replacement: lib('integrations/bullmq/index.ts') },
    ],
  },
  test: {
    reporters: ['default', './test/support/reporter.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // it imports JSON as Node does not
    server: { deps: { inline: [/@actions\//] } },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    // as until() waits
    expect: { poll: { timeout: 10_000 } },
    sequence: { sequencer: SharedLast },
    // the command line writes moments by the clock of the machine
    env: { TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: {
          name: 'specs',
          include: ['test/**/*.spec.ts'],
          exclude: [...LOAD, ...LONG, ...SHARED],
          // they wait most of the time: for leases to end, for pages, for processes
          maxWorkers: 3 * cores,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: SHARED,
          exclude: LOAD,
          isolate: false,
          setupFiles: ['test/support/leave-nothing.ts'],
          maxWorkers: 3 * cores,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'load',
          include: LOAD,
          globalSetup: ['test/faults/compile-once.ts'],
          maxWorkers: cores,
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env.LONG
        ? [{ extends: true, test: { name: 'long', include: LONG, sequence: { groupOrder: 2 } } } as const]
        : []),
    ],
  },
});
