// Runs what can differ on Nest 11, Express and Fastify, on this machine's Node.
import { spawnSync } from 'node:child_process';
import { specsThatDiffer } from './suites.mjs';

const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...specsThatDiffer()],
  {
    stdio: 'inherit',
    env: { ...process.env, NEST_MAJOR: '11' },
  },
);
process.exit(status ?? 1);
