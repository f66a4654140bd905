import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { nest11Aliases } from './test/matrix/nest-11.js';

const lib = (entry: string) => fileURLToPath(new URL(`lib/${entry}`, import.meta.url));

export default defineConfig({
  // Node 20 has no `await using`; the compiler that makes dist/ lowers it the same way.
  oxc: { target: 'es2022' },
  resolve: {
    alias: [
      ...(process.env.NEST_MAJOR === '11' ? nest11Aliases() : []),
      { find: /^nestjs-maintenance$/, replacement: lib('index.ts') },
      { find: /^nestjs-maintenance\/client$/, replacement: lib('client/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.spec.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
});
