import type { FaultKind } from './history.js';
import { Random } from './random.js';

/** One fault: when it begins (ms from the start), how long it lasts, and whom it hits. */
export interface Fault {
  readonly at: number;
  readonly lasts: number;
  readonly kind: FaultKind;
  readonly target: string;
}

interface Kind {
  readonly kind: FaultKind;
  readonly weight: number;
  /** Milliseconds, from and to: some shorter and some longer than the leases. */
  readonly lasts: readonly [number, number];
}

const ON_REPLICAS: readonly Kind[] = [
  { kind: 'stop', weight: 4, lasts: [300, 9_000] },
  { kind: 'block', weight: 3, lasts: [500, 8_000] },
  { kind: 'kill', weight: 3, lasts: [200, 5_000] },
  { kind: 'roll', weight: 4, lasts: [200, 1_000] },
  { kind: 'partition', weight: 4, lasts: [300, 8_000] },
  { kind: 'cut', weight: 2, lasts: [50, 100] },
  // until that is noticed
  { kind: 'freeze', weight: 2, lasts: [2_000, 2_500] },
  { kind: 'cut-subscriber', weight: 2, lasts: [50, 100] },
  { kind: 'freeze-subscriber', weight: 2, lasts: [50, 100] },
  { kind: 'clock', weight: 3, lasts: [1_000, 6_000] },
];

const ON_COMMAND_LINES: readonly Kind[] = [
  { kind: 'stop', weight: 3, lasts: [500, 9_000] },
  { kind: 'kill', weight: 2, lasts: [50, 100] },
  { kind: 'partition', weight: 3, lasts: [500, 9_000] },
];

const ON_REDIS: readonly Kind[] = [
  { kind: 'redis-stop', weight: 2, lasts: [300, 5_000] },
  { kind: 'redis-kill', weight: 2, lasts: [200, 4_000] },
  { kind: 'redis-restart', weight: 1, lasts: [50, 100] },
  { kind: 'redis-empty', weight: 1, lasts: [50, 100] },
  { kind: 'redis-clock', weight: 1, lasts: [500, 4_000] },
  { kind: 'redis-readonly', weight: 1, lasts: [300, 5_000] },
  { kind: 'redis-full', weight: 1, lasts: [300, 5_000] },
  { kind: 'redis-denied', weight: 1, lasts: [300, 5_000] },
  { kind: 'replay', weight: 2, lasts: [50, 100] },
  { kind: 'neighbour', weight: 1, lasts: [100, 2_000] },
];

/**
 * What happens when: the same for the same seed. Each replica and Redis have lives of their own, so that faults overlap,
 * but none has two at a time.
 */
export function schedule(
  seed: number,
  length: number,
  replicas: readonly string[],
  commandLines: readonly string[] = [],
): Fault[] {
  const faults: Fault[] = [];
  const random = new Random(seed);
  const live = (target: string, kinds: readonly Kind[], pauses: readonly [number, number]): void => {
    let at = random.between(500, pauses[1]);
    while (at < length) {
      const { kind, lasts } = weighted(random, kinds);
      const fault = { at, lasts: random.between(...lasts), kind, target };
      faults.push(fault);
      at += fault.lasts + random.between(...pauses);
    }
  };
  replicas.forEach((replica) => live(replica, ON_REPLICAS, [1_000, 9_000]));
  live('redis', ON_REDIS, [5_000, 15_000]);
  commandLines.forEach((name) => live(name, ON_COMMAND_LINES, [1_000, 9_000]));
  return faults.sort((a, b) => a.at - b.at);
}

function weighted(random: Random, kinds: readonly Kind[]): Kind {
  let left = random.next() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  return kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0]!;
}
