import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LockWait } from '../../lib/core/service/lock-wait.js';
import type { StateManager } from '../../lib/core/state/state-manager.js';
import { Notifier } from '../../lib/core/common/notifier.js';
import { leaseOfKey, type Denial, type Grant } from '../../lib/core/store/leases.js';

const KEY = 'billing';
const request = { names: [leaseOfKey(KEY)], key: KEY, token: 'token', lease: 10_000 };

/** A store that answers when it is told to. */
function setUp() {
  const released: string[] = [];
  let answer: ((reply: Grant | Denial) => void) | undefined;
  const leases = {
    acquire: () => new Promise<Grant | Denial>((resolve) => (answer = resolve)),
    release: (_names: readonly string[], token: string) => Promise.resolve(void released.push(token)),
  };
  const manager = {
    store: { leases, clustered: false },
    start: () => Promise.resolve(),
    deadline: () => performance.now() + 1_000,
    notifier: new Notifier(),
    document: null,
    holds: { holding: () => () => undefined },
  } as unknown as StateManager;
  return {
    locks: new LockWait(manager),
    released,
    reply: (given: Grant | Denial) => answer?.(given),
    manager,
  };
}

describe('a lock requested while the application shuts down', () => {
  it.each<[string, Grant | Denial]>([
    ['granted', { fence: 1 }],
    ['refused and waited for', { fence: null, ticket: 1, waiters: [], unsure: 0 }],
  ])('is released before the store is closed if it was %s meanwhile', async (_, given) => {
    const { locks, released, reply } = setUp();
    const taken = locks.take(request, { blocking: 10_000, signal: undefined });
    const refused = taken.catch((error: unknown) => (error as Error).message);
    await nextTurn();
    locks.close();
    let settled = false;
    const over = locks.settled().then(() => (settled = true));
    await nextTurn();
    expect(settled).toBe(false);
    reply(given);
    expect(await refused).toContain('The application is shutting down');
    await over;
    expect(released).toEqual(['token']);
  });
});

it('a lock is not waited for without end in a store that loses its leases again and again', async () => {
  const { locks, reply, manager } = setUp();
  let outcome: unknown;
  const taken = locks.take(request, { blocking: 0, signal: undefined });
  void taken.catch((error: unknown) => (outcome = error));
  for (let lost = 1; lost <= 6; lost++) {
    await nextTurn();
    expect(outcome).toBeUndefined();
    // somebody has asked again later each time
    reply({ fence: null, ticket: null, waiters: [], unsure: 2_000 * lost });
    await nextTurn();
    manager.notifier.call();
  }
  await expect(taken).rejects.toThrow('the store loses its leases again and again');
  expect(outcome).toMatchObject({ name: 'MaintenanceStoreError', outcome: 'refused' });
});
