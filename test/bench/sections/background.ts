import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import type { Effort } from '../main.js';
import type { JobSpeed } from '../apps/background-app.js';
import type { Report } from '../report.js';
import { median } from '../statistics.js';

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
  const measure = async (guarded: boolean): Promise<Speed> => {
    await using child = await Child.start(APP, { timeout: 60_000 });
    const { perSecond, pickups } = await child.send<JobSpeed>('measureJobs', redis.port, guarded, JOBS);
    return { perSecond, pickup: median(pickups) };
  };
  const turns: Turn[] = [];
  for (let round = 0; round < rounds; round++) {
    // each order as often as the other: the machine warms up
    const order = round % 2 === 0 ? [false, true, false] : [false, false, true];
    const speeds: Speed[] = [];
    for (const each of order) speeds.push(await measure(each));
    const [first, second, third] = speeds as [Speed, Speed, Speed];
    turns.push({ first, same: round % 2 ? second : third, guarded: round % 2 ? third : second });
  }
  const rows = (of: keyof Speed, what: string, limit: { least: number } | { most: number }): void => {
    const values = turns.map(({ first, same, guarded }) => ({
      same: same[of] / first[of],
      guarded: (2 * guarded[of]) / (first[of] + same[of]),
    }));
    report.control(
      'background',
      what,
      values.map(({ same }) => same),
    );
    report.values(
      { section: 'background', what: `${what}, MaintenanceBullModule, open`, beside: 'without it', limit },
      values.map(({ guarded }) => guarded),
    );
  };
  rows('perSecond', 'jobs of BullMQ per second', { least: 0.98 });
  rows('pickup', 'time until an idle worker of BullMQ begins a job', { most: 1.02 });
}

interface Speed {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly pickup: number;
}

interface Turn {
  readonly first: Speed;
  readonly same: Speed;
  readonly guarded: Speed;
}
