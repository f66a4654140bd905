// npm run faults -- [--seconds N] [--seed S] [--replicas N] [--on-stale serve|block] [--journal FILE]
// npm run faults -- --mutants [--parallel N] [NAME…]
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { compile } from './build.js';
import { runFaults } from './run.js';
import { report, summary } from './summary.js';
import { trials } from './trial.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '150' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    replicas: { type: 'string', default: '3' },
    'on-stale': { type: 'string', default: 'block' },
    journal: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    // a trial keeps two processors busy: where they are too few, rules about times are broken
    parallel: { type: 'string', default: String(Math.max(1, availableParallelism() >> 1)) },
  },
});

const onStale = values['on-stale'];
if (onStale !== 'serve' && onStale !== 'block') {
  throw new Error(`--on-stale must be serve or block, not ${onStale}`);
}

process.exitCode = (await (values.mutants ? provoke() : run(onStale))) ? 0 : 1;

async function run(onStale: 'serve' | 'block'): Promise<boolean> {
  const result = await runFaults({
    build: compile(),
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    replicas: Number(values.replicas),
    onStale,
  });
  const { lines, violations } = result;
  if (values.journal) writeFileSync(values.journal, lines.map((line) => JSON.stringify(line)).join('\n'));
  for (const violation of violations.slice(0, 5)) console.log(`${report(result, violation)}\n`);
  console.log(summary(result));
  return violations.length === 0;
}

async function provoke(): Promise<boolean> {
  const options = { only: positionals, parallel: Number(values.parallel) };
  const results = await trials(compile(), options, ({ name, story, rules, right, text, seconds }) => {
    console.log(
      `${right ? 'ok    ' : 'WRONG '} ${name} (${story}): ${rules.join(', ') || 'nothing found'} in ${Math.round(seconds)} s`,
    );
    if (!right && text) console.log(text);
  });
  const bugs = results.filter(({ name }) => !name.startsWith('sound '));
  console.log(`${bugs.filter(({ right }) => right).length} of ${bugs.length} seeded bugs caught`);
  return results.every(({ right }) => right);
}
