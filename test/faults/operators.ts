import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedWindow, Wish } from './history.js';
import { Random } from './random.js';
import type { Work } from './replica.js';
import type { World } from './world.js';

type Task = { readonly wish: Wish; readonly work?: Work };

/** Somebody who switches keys and runs work, again and again, on whatever replica answers. */
export async function operate(world: World, name: string, seed: number, stop: AbortSignal): Promise<void> {
  const random = new Random(seed);
  for (let i = 1; !stop.aborted; i++) {
    const replica = random.pick(world.replicas);
    const { wish, work } = invent(random);
    const op = `${name}-${i}`;
    // a replica that dies meanwhile takes the answer with it
    await (work ? replica.maintain(op, wish, work) : replica.change(op, wish)).catch(() => undefined);
    await delay(random.between(50, 1_500));
  }
}

/** Somebody who plans short windows, one after the other, and now and then cancels one. */
export async function plan(world: World, seed: number, stop: AbortSignal): Promise<void> {
  const random = new Random(seed);
  for (let i = 1; !stop.aborted; i++) {
    const op = `plan-${i}`;
    const window: PlannedWindow = {
      start: Date.now() + random.between(1_500, 5_000),
      duration: random.between(800, 6_000),
      readOnly: random.pick([0, 0, 800]),
      reopenOver: random.pick([0, 1_000, 3_000]),
      announce: random.pick([false, 1_000, 3_000]),
    };
    const wish: Wish = { kind: 'plan', key: 'plan', window };
    const done = await random
      .pick(world.replicas)
      .plan(op, wish)
      .catch(() => undefined);
    const left = window.start + window.duration - Date.now();
    if (done?.id && random.chance(0.25)) {
      await delay(random.between(100, Math.max(100, left)));
      const cancelling: Wish = { kind: 'cancel', key: 'plan', planned: op };
      await random
        .pick(world.replicas)
        .cancel(`cancel-${i}`, cancelling, done.id)
        .catch(() => undefined);
    } else {
      await delay(done?.ok ? left + window.reopenOver : 500);
    }
  }
}

function invent(random: Random): Task {
  const what = random.next();
  if (what < 0.55) {
    return { wish: switching(random) };
  }
  if (what < 0.6) {
    return { wish: { kind: 'unset', key: 'mix' } };
  }
  const wish: Wish = {
    kind: 'maintain',
    key: random.pick(['job', 'job', 'mix']),
    drain: random.pick([300, 3_000, 5_000]),
    lock: random.chance(0.8),
    ...(random.chance(0.3) && { timeout: random.between(1_000, 20_000) }),
  };
  const work: Work = {
    steps: random.between(1, 40),
    step: 50,
    blocking: random.pick([0, 0, 2_000, 10_000]),
    fails: random.chance(0.2),
  };
  return { wish, work };
}

function switching(random: Random): Wish {
  const on = random.chance(0.5);
  return {
    kind: on ? 'enable' : 'disable',
    key: random.pick(['a', 'a', 'b', 'mix']),
    ...(random.chance(0.8) && { acknowledge: random.pick([300, 5_000, 5_000]) }),
    ...(on && random.chance(0.3) && { timeout: random.between(500, 6_000) }),
  };
}
