// npm run faults -- [--seconds N] [--seed S] [--replicas N] [--journal FILE] | --mutants [NAME…]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compile } from './build.js';
import { runFaults } from './run.js';
import { report, summary } from './summary.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '150' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    replicas: { type: 'string', default: '3' },
    journal: { type: 'string' },
  },
});

const run = await runFaults({
  build: compile(),
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  replicas: Number(values.replicas),
});
if (values.journal) writeFileSync(values.journal, run.lines.map((line) => JSON.stringify(line)).join('\n'));
for (const violation of run.violations.slice(0, 5)) console.log(`${report(run, violation)}\n`);
console.log(summary(run));
process.exit(run.violations.length > 0 ? 1 : 0);
