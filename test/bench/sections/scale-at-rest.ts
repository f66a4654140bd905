import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { onOneCore } from '../one-core.js';
import { median } from '../statistics.js';
import { decide } from './decision.js';
import { interleaved, startApp } from './start.js';

/** What keys cost that nobody touches. */
export async function atRest(report: Report, effort: Effort): Promise<void> {
  await onOneCore(() => starting(report, Math.ceil(effort.rounds / 4)));
  const cases = [
    { what: '10,000 registered keys, nothing active', keys: 10_000, active: 0, most: 15 },
    { what: '1,000 active keys, none concerns the handler', keys: 1_000, active: 1_000, most: 60 },
  ];
  for (const { what, keys, active, most } of cases) {
    const how = { keys, active, ignored: 0, noted: false, marked: true };
    report.values(
      { section: 'scale', what: `the decision alone: ${what}`, beside: 'nanoseconds', limit: { most } },
      await decide('fastify', how, effort.processes),
    );
  }
}

async function starting(report: Report, rounds: number): Promise<void> {
  const values = await interleaved(rounds, {
    none: startApp(0, 0, 'bare'),
    options: startApp(0, 10_000, 'bare'),
    without: startApp(10_000, 0, 'without-keyed'),
    providers: startApp(10_000, 0, 'keyed'),
  });
  const row = (name: 'options' | 'providers', reference: 'none' | 'without', most: number): void => {
    const base = median(values[reference].map(({ cpu }) => cpu));
    report.values(
      {
        section: 'scale',
        what: `starting with 10,000 keys by ${name}`,
        beside: name === 'options' ? 'CPU ms more than with none' : 'CPU ms more than without the module',
        limit: { most },
      },
      values[name].map(({ cpu }) => cpu - base),
    );
  };
  row('options', 'none', 300);
  row('providers', 'without', 600);
}
