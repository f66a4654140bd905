// Runs the suites of the matrix on Nest 11, Express and Fastify, on this machine's Node.
import { spawnSync } from 'node:child_process';
import { SUITES } from './suites.mjs';

const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...SUITES], {
  stdio: 'inherit',
  env: { ...process.env, NEST_MAJOR: '11' },
});
process.exit(status ?? 1);
