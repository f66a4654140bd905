import { setTimeout as delay } from 'node:timers/promises';
import { KEYS } from './history.js';
import { Random } from './random.js';
import type { Replica, World } from './world.js';

/** Numbers the calls of one world. */
const numbers = new WeakMap<World, { last: number }>();

export interface CallOptions {
  /** When the client hangs up: after so many ms, or when it is told. */
  readonly abort?: number | AbortSignal;
  readonly method?: 'GET' | 'POST';
  /** Who asks. */
  readonly visitor?: string;
  /** Milliseconds that the application takes to find that out. */
  readonly late?: number;
}

/** One request over a kept connection, noted before it leaves and after its answer has come. */
export async function call(
  world: World,
  { name, port }: Pick<Replica, 'name' | 'port'>,
  path: string,
  { abort, method = 'GET', visitor, late }: CallOptions = {},
): Promise<number> {
  const count = numbers.get(world) ?? { last: 0 };
  numbers.set(world, count);
  const id = `c${++count.last}`;
  const route = path.replace(/[?].*|\/\d+$/g, '');
  world.journal.note({ e: 'sent', call: id, route, replica: name, ...(visitor && { visitor }) });
  let status = 0;
  let refusal: { message?: string; until?: string | null } = {};
  try {
    const { statusCode, body } = await world.agent.request({
      origin: `http://127.0.0.1:${port}`,
      path,
      method,
      headers: {
        'x-call': id,
        accept: 'application/json',
        ...(visitor && { 'x-visitor': visitor }),
        ...(late && { 'x-late': String(late) }),
      },
      signal: abort instanceof AbortSignal ? abort : AbortSignal.timeout(abort ?? 20_000),
    });
    const text = await body.text();
    status = statusCode;
    if (status === 503) refusal = JSON.parse(text) as typeof refusal;
  } catch {
    // hung up, or the replica is gone: the answer is unknown
    status = 0;
  }
  const { message, until } = refusal;
  world.journal.note({
    e: 'got',
    call: id,
    status,
    ...(message !== undefined && { message }),
    ...(until && { until: Date.parse(until) }),
  });
  return status;
}

/** A visitor of one replica, who asks again and again until told to stop. */
export async function visit(world: World, replica: Replica, seed: number, stop: AbortSignal): Promise<void> {
  const random = new Random(seed);
  const visitor = `v${seed % 7}`;
  while (!stop.aborted) {
    const key = random.pick(KEYS);
    const kind = random.next();
    const slow = random.between(50, 1_500);
    const pause = random.between(2, 30);
    if (replica.port === undefined) {
      await delay(20);
    } else if (kind < 0.1) {
      await call(world, replica, '/health');
    } else if (key === 'plan' && kind < 0.5) {
      await call(world, replica, '/plan/write', { method: 'POST', visitor });
    } else if (kind < 0.85) {
      const late = key === 'plan' && slow % 4 === 0 ? 2 * slow : 0;
      await call(world, replica, `/${key}/wait/${random.between(0, 4)}`, { visitor, late });
    } else if (kind < 0.9) {
      // work of a request that a switch or a window lets finish begins in spite of them: only a drain ends that
      await call(world, replica, `/${key}/${key === 'job' && slow % 2 === 0 ? 'later' : 'wait'}/${slow}`);
    } else if (kind < 0.92) {
      await call(world, replica, `/${key}/early/${slow}`);
    } else if (kind < 0.95) {
      await call(world, replica, `/${key}/wait/${slow}`, { abort: random.between(1, slow) });
    } else {
      await call(world, replica, `/${key}/${kind < 0.97 ? 'stream' : 'events'}?ms=${slow}`);
    }
    await delay(pause);
  }
}
