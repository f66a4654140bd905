import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OncePerCluster } from '../../lib/core/cluster/once-per-cluster.js';
import type { RecentNames } from '../../lib/core/common/recent-names.js';
import { MaintenanceStoreError } from '../../lib/core/errors/errors.js';
import type { StateManager } from '../../lib/core/state/state-manager.js';
import { OnceTable } from '../../lib/core/store/cache/once-table.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store of which calls can be made to fail. */
class Store extends OnceTable {
  failing: 'claim' | 'finish' | undefined;

  override async claim(...args: Parameters<OnceTable['claim']>) {
    this.#check('claim');
    return super.claim(...args);
  }
  override async finish(...args: Parameters<OnceTable['finish']>) {
    this.#check('finish');
    return super.finish(...args);
  }
  forget(name: string): void {
    (this as unknown as { claims: Map<string, unknown> }).claims.delete(name);
  }
  #check(call: string): void {
    if (this.failing === call) throw new MaintenanceStoreError('away', 'unknown');
  }
}

function replicas(count: number) {
  const once = new Store();
  const manager = {
    store: { once },
    deadline: () => performance.now() + 1_000,
    sync: () => Promise.resolve(),
  } as unknown as StateManager;
  return { once, all: Array.from({ length: count }, () => new OncePerCluster(manager)) };
}

it('work that was done but could not be recorded is recorded later and not done again', async () => {
  const { once, all } = replicas(1);
  const [one] = all as [OncePerCluster];
  const run = vi.fn(async () => undefined);
  once.failing = 'finish';
  one.see({ name: 'x', isDue: () => true, run });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(run).toHaveBeenCalledTimes(1);
  once.failing = undefined;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await once.claim('x', 'another', 1_000)).toBe('done');
  expect(run).toHaveBeenCalledTimes(1);
});

describe('what was done but not recorded', () => {
  let once: Store;
  let one: OncePerCluster;
  beforeEach(async () => {
    const made = replicas(1);
    [once, one] = [made.once, made.all[0] as OncePerCluster];
    once.failing = 'finish';
    one.see({ name: 'x', isDue: () => true, run: async () => undefined });
    await vi.advanceTimersByTimeAsync(0);
  });
  const outcome = () => once.claim('x', 'another', 1_000);

  it('is recorded as soon as the store is back, since a process that dies before would have it done again', async () => {
    await vi.advanceTimersByTimeAsync(1_700);
    once.failing = undefined;
    await vi.advanceTimersByTimeAsync(500);
    expect(await outcome()).toBe('done');
  });

  it('is recorded by a process that stops', async () => {
    once.failing = undefined;
    await one.stop();
    expect(await outcome()).toBe('done');
  });

  it('does not keep a process from stopping', async () => {
    await one.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    once.failing = undefined;
    expect(await outcome()).toBe('taken');
  });
});

it('a claim that did not reach the store is repeated while it is due', async () => {
  const { once, all } = replicas(2);
  let due = true;
  const run = vi.fn(async () => undefined);
  once.failing = 'claim';
  for (const one of all) one.see({ name: 'x', isDue: () => due, run });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(run).not.toHaveBeenCalled();
  once.failing = undefined;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(run).toHaveBeenCalledTimes(1);
  once.failing = 'claim';
  for (const one of all) one.see({ name: 'y', isDue: () => due, run });
  await vi.advanceTimersByTimeAsync(1_000);
  due = false;
  once.failing = undefined;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(run).toHaveBeenCalledTimes(1);
});

it('a stopping process waits for started work, and leaves nothing to be done twice', async () => {
  const { once, all } = replicas(2);
  const [one, two] = all as [OncePerCluster, OncePerCluster];
  let end = (): void => undefined;
  const run = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
  one.see({ name: 'x', isDue: () => true, run });
  await vi.advanceTimersByTimeAsync(0);
  const stopped = vi.fn();
  const stopping = one.stop().then(stopped);
  await vi.advanceTimersByTimeAsync(100);
  expect(stopped).not.toHaveBeenCalled();
  end();
  await stopping;
  two.see({ name: 'x', isDue: () => true, run });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(run).toHaveBeenCalledTimes(1);
  expect(await once.claim('x', 'another', 1_000)).toBe('done');
});

it('forgets what has not been seen for a while, and keeps what is seen again', async () => {
  const { once, all } = replicas(1);
  const [one] = all as [OncePerCluster];
  const { known } = one as unknown as { known: RecentNames };
  const run = vi.fn(async () => undefined);
  const claim = vi.spyOn(once, 'claim');
  for (let minute = 0; minute < 2_000; minute++) {
    one.see({ name: `${minute}`, isDue: () => true, run });
    one.see({ name: 'always', isDue: () => true, run });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(known.size).toBeLessThanOrEqual(125);
  }
  expect(claim).toHaveBeenCalledTimes(2_001);
  expect(run).toHaveBeenCalledTimes(2_001);
  // what was forgotten here is still known to the store
  one.see({ name: '7', isDue: () => true, run });
  await vi.advanceTimersByTimeAsync(10);
  expect(run).toHaveBeenCalledTimes(2_001);
});

it('is not done again by a process that starts when others have seen it for months', async () => {
  const { once, all } = replicas(3);
  const [one, two, late] = all as [OncePerCluster, OncePerCluster, OncePerCluster];
  // as Redis does, it forgets what nobody has asked about for forty days
  let asked = performance.now();
  const { claim } = once;
  once.claim = (...args) => {
    if (performance.now() - asked > 40 * 86_400_000) once.forget('x');
    asked = performance.now();
    return claim.apply(once, args);
  };
  const run = vi.fn(async () => undefined);
  const x = { name: 'x', isDue: () => true, run };
  for (let hour = 0; hour < 100 * 24; hour++) {
    one.see(x);
    two.see(x);
    await vi.advanceTimersByTimeAsync(3_500_000);
  }
  late.see(x);
  await vi.advanceTimersByTimeAsync(10);
  expect(run).toHaveBeenCalledTimes(1);
});

it('is not begun a second time while it is being done, however long that takes', async () => {
  const { all } = replicas(1);
  const [one] = all as [OncePerCluster];
  let end = (): void => undefined;
  const run = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
  const x = { name: 'x', isDue: () => true, run };
  for (let day = 0; day < 20; day++) {
    one.see(x);
    await vi.advanceTimersByTimeAsync(86_400_000);
  }
  end();
  await vi.advanceTimersByTimeAsync(10);
  one.see(x);
  expect(run).toHaveBeenCalledTimes(1);
});

it('a process remembers only recent work', async () => {
  const table = new OnceTable();
  for (let count = 0; count < 30_000; count++) {
    await table.claim(`${count}`, 'me', 1_000);
    await table.finish(`${count}`, 'me');
  }
  expect(await table.claim('29999', 'me', 1_000)).toBe('done');
  expect(await table.claim('20001', 'other', 1_000)).toBe('done');
  expect(await table.claim('0', 'me', 1_000)).toBe('granted');
});

it('a claim of a dead process is not kept after the work was done', async () => {
  const table = new OnceTable();
  await table.claim('died', 'other', 1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  for (let count = 0; count < 10_001; count++) {
    await table.finish(`${count}`, 'me');
  }
  expect(await table.claim('1', 'me', 1_000)).toBe('done');
  expect(await table.claim('0', 'me', 1_000)).toBe('granted');
});
