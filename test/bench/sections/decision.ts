import { Child } from '../../support/child.js';
import type { Decided } from '../apps/decision-app.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';

/** How many nanoseconds the guard takes to decide, each case in fresh processes. */
export async function decision(report: Report, { processes }: Effort): Promise<void> {
  const cases: (Partial<Decided> & { what: string; most?: number })[] = [
    { what: 'nothing active, the decision alone', noted: false, most: 15 },
    { what: 'nothing active, and noted as under way' },
    { what: 'five active keys that let it pass', active: 5, most: 150 },
    { what: '1,000 registered keys, nothing active', keys: 1_000 },
    { what: '20 ignored paths, five active keys', active: 5, ignored: 20 },
  ];
  for (const adapter of ['fastify', 'express']) {
    const row = (what: string, samples: number[], most?: number): void =>
      report.values(
        {
          section: 'decision',
          what: `${adapter}: ${what}`,
          beside: 'nanoseconds',
          limit: most === undefined ? undefined : { most },
        },
        samples,
      );
    row('a guard that returns true', await samplesOf(processes, 'reference', adapter));
    row('a guard that makes five statuses and asks them', await samplesOf(processes, 'asked', adapter));
    for (const { what, most, ...how } of cases) {
      const usual = { keys: 5, active: 0, ignored: 0, noted: true, marked: false };
      row(what, await decide(adapter, { ...usual, ...how }, processes), most);
    }
  }
}

/** Nanoseconds of each sample. */
export const decide = (adapter: string, how: Decided, processes: number): Promise<number[]> =>
  samplesOf(processes, 'measure', adapter, how);

async function samplesOf(processes: number, call: string, ...args: unknown[]): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < processes; i++) {
    await using child = await Child.start(new URL('../apps/decision-app.js', import.meta.url), {
      timeout: 60_000,
    });
    samples.push(...(await child.send<number[]>(call, ...args)));
  }
  return samples;
}
