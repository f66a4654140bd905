import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { nest11Aliases } from './test/matrix/nest-11.js';

const lib = (entry: string) => fileURLToPath(new URL(`lib/${entry}`, import.meta.url));
const cores = availableParallelism();

/** Specs that load the machine themselves, or count what that costs. */
const LOAD = ['test/{faults,package}/**/*.spec.ts', 'test/realtime/{floods,storm}.spec.ts'];

/**
 * Specs that start programs, put something else in the place of a module, or want nothing of others in their process. All others share a
 * few processes: loading Nest and the library for each file took more than a third of their CPU time.
 */
const ALONE = [
  'test/{cli,matrix,model,sample,standalone,support}/**/*.spec.ts',
  'test/cluster/once-per-cluster.spec.ts',
  'test/state/first-write.spec.ts',
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
    // the command line writes moments by the clock of the machine
    env: { TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          // they wait some of the time, for programs to start and end
          maxWorkers: 2 * cores,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.spec.ts'],
          exclude: [...ALONE, ...LOAD, ...LONG],
          isolate: false,
          setupFiles: ['test/support/leave-nothing.ts'],
          // they wait most of the time: for leases to end, for pages, for processes
          maxWorkers: 2 * cores,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'load',
          include: LOAD,
          globalSetup: ['test/faults/compile-once.ts'],
          maxWorkers: cores,
          sequence: { groupOrder: 2 },
        },
      },
      ...(process.env.LONG
        ? [{ extends: true, test: { name: 'long', include: LONG, sequence: { groupOrder: 3 } } } as const]
        : []),
    ],
  },
});
