// Runs the end-to-end suites over {Nest 12, Nest 11} x {Node 20, 22, 24, 26}, Express and Fastify in each, and prints the table.
// `npm run test:matrix -- 22 24`: only these.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeOf } from './nodes.mjs';
import { SUITES } from './suites.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ALL_NODES = ['20', '22', '24', '26'];
const NODES = process.argv.length > 2 ? process.argv.slice(2) : ALL_NODES;
const NESTS = ['12', '11'];

const rows = [];
let failed = false;
for (const node of NODES) {
  const binary = nodeOf(node);
  const version = execFileSync(binary, ['--version']).toString().trim();
  for (const nest of NESTS) {
    const report = `${root}.tmp/matrix-${node}-${nest}.json`;
    rmSync(report, { force: true });
    const args = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...SUITES,
    ];
    const { status } = spawnSync(binary, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NEST_MAJOR: nest },
    });
    const { numPassedTests = 0, numFailedTests = 0 } = existsSync(report)
      ? JSON.parse(readFileSync(report, 'utf8'))
      : {};
    failed ||= status !== 0 || numPassedTests === 0;
    rows.push(
      `| ${nest} | ${version} | Express, Fastify | ${numPassedTests} | ${status === 0 ? numFailedTests : `${numFailedTests} (exit ${status})`} |`,
    );
  }
}

console.log(
  [
    '',
    '| Nest | Node | adapters | passed | failed |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `Run on ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n'),
);
process.exit(failed ? 1 : 0);
