import { setTimeout as delay } from 'node:timers/promises';
import type { CommandLine, Migration } from './command-lines.js';
import type { FaultKind } from './history.js';
import type { Scenario } from './scenarios.js';
import { Random } from './random.js';
import type { World } from './world.js';

/** Longer than its holder is let live. */
const LONG: Migration = { steps: 900, stubborn: true };
const SHORT: Migration = { steps: 10, wait: 60_000 };
/** Milliseconds: longer than a lease, and than it takes somebody else to begin after that. */
const LASTS = 12_000;

/**
 * On four keys at once, somebody begins a migration and something befalls them, each time something else, while somebody else waits
 * for the lock and migrates next.
 */
export const migrationsStory: Scenario = async (world, { replicas: [one] }) => {
  const befall = (kind: FaultKind) => (target: string) => world.inflict(kind, target, LASTS);
  const unset = () => one.change('unset-mix', { kind: 'unset', key: 'mix' });
  await Promise.all([
    follow(world, 'job', ['c1', 'c2'], befall('kill')),
    follow(world, 'a', ['c3', 'c4'], befall('stop')),
    follow(world, 'b', ['c5', 'c6'], befall('partition')),
    follow(world, 'mix', ['c7', 'c8'], unset),
  ]);
};

async function follow(
  world: World,
  key: string,
  [first, second]: readonly [string, string],
  befall: (target: string) => Promise<unknown>,
): Promise<void> {
  const running = world.commandLine(first).run(`first-${key}`, key, LONG);
  await world.working(`first-${key}`);
  const befallen = befall(first);
  // it waits from when the lock is not free any more
  const next = world.commandLine(second).run(`second-${key}`, key, SHORT);
  await Promise.all([running, befallen, next]);
}

/** Somebody who migrates, again and again. */
export async function migrate(place: CommandLine, seed: number, stop: AbortSignal): Promise<void> {
  const random = new Random(seed);
  for (let i = 1; !stop.aborted; i++) {
    await place.run(`${place.name}-${i}`, random.pick(['job', 'mix']), {
      steps: random.between(1, 100),
      stubborn: random.chance(0.4),
      ...(random.chance(0.7) && { wait: random.between(1_000, 8_000) }),
      drain: random.pick([false, false, 3_000, 8_000]),
    });
    await delay(random.between(100, 2_000));
  }
}
