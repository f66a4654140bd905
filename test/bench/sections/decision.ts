import { Child } from '../../support/child.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';

/** How many nanoseconds the guard takes to decide, each case in fresh processes. */
export async function decision(report: Report, { processes }: Effort): Promise<void> {
  const cases: [what: string, keys: number, active: number, ignored: number, most?: number][] = [
    ['nothing active', 5, 0, 0, 15],
    ['five active keys that let it pass', 5, 5, 0, 300],
    ['1,000 registered keys, nothing active', 1_000, 0, 0],
    ['20 ignored paths, five active keys', 5, 5, 20],
  ];
  for (const adapter of ['fastify', 'express']) {
    const run = async (call: string, ...args: number[]): Promise<number[]> => {
      const samples: number[] = [];
      for (let i = 0; i < processes; i++) {
        await using child = await Child.start(new URL('../apps/decision-app.js', import.meta.url));
        samples.push(...(await child.send<number[]>(call, adapter, ...args)));
      }
      return samples;
    };
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
    row('a guard that returns true', await run('reference'));
    for (const [what, keys, active, ignored, most] of cases) {
      row(what, await run('measure', keys, active, ignored), most);
    }
  }
}
