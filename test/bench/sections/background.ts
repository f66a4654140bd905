import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';

const APP = new URL('../apps/background-app.js', import.meta.url);
/** Jobs of one measurement. */
const JOBS = 4_000;

/** What work that is no request costs while nothing is on. */
export async function background(report: Report, { processes, rounds }: Effort): Promise<void> {
  await calls(report, processes);
  await jobs(report, rounds);
}

async function calls(report: Report, processes: number): Promise<void> {
  const all: Record<string, number[]> = {};
  for (let i = 0; i < processes; i++) {
    await using child = await Child.start(APP, { timeout: 60_000 });
    const measured = await child.send<Record<string, number[]>>('measureCalls');
    for (const [name, samples] of Object.entries(measured)) (all[name] ??= []).push(...samples);
  }
  const row = (what: string, name: string, most?: number): void =>
    report.values(
      {
        section: 'background',
        what,
        beside: 'nanoseconds',
        limit: most === undefined ? undefined : { most },
      },
      all[name] ?? [],
    );
  row('a decorated method that runs', 'run', 2_000);
  row('a decorated method that is skipped', 'skipped', 2_000);
  row('whileOpen(), awaited', 'whileOpen', 1_000);
  row('an empty async function, awaited', 'awaited');
  row('mayContinue()', 'mayContinue', 200);
}

/** In turns, each in a process of its own. */
async function jobs(report: Report, rounds: number): Promise<void> {
  await using redis = await RedisServer.start();
  const measure = async (guarded: boolean): Promise<number> => {
    await using child = await Child.start(APP, { timeout: 60_000 });
    return await child.send<number>('measureJobs', redis.port, guarded, JOBS);
  };
  const same: number[] = [];
  const guarded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // each order as often as the other: the machine warms up
    const order = round % 2 === 0 ? [false, true, false] : [false, false, true];
    const speeds: number[] = [];
    for (const each of order) speeds.push(await measure(each));
    const [first = 0, second = 0, third = 0] = speeds;
    guarded.push((round % 2 === 0 ? second : third) / ((first + (round % 2 === 0 ? third : second)) / 2));
    same.push((round % 2 === 0 ? third : second) / first);
  }
  report.control('background', 'jobs of BullMQ per second', same);
  report.values(
    {
      section: 'background',
      what: 'jobs of BullMQ per second, MaintenanceBullModule, open',
      beside: 'without it',
      limit: { least: 0.98 },
    },
    guarded,
  );
}
