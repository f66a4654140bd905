import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { vi } from 'vitest';
import { MaintenanceLockedError, MaintenanceStoreError } from '../../lib/core/errors/errors.js';
import { LOCK_LEASE, REPLICA_LEASE } from '../../lib/core/state/replica-lease.js';
import { KEYS, ModelReplica, settled, type Key } from './replica.js';
import { planning } from './window-commands.js';
import { command, toNextStep, type Command } from './command.js';
import type { Hold } from './contract.js';

/** What may happen to the answer of a call. */
type Luck = 'heard' | 'answer lost' | 'too late';

interface Switching {
  readonly replica: number;
  readonly key: Key;
  readonly on: boolean;
  readonly timeout: number;
  readonly luck: Luck;
  /** Over how many ms visitors come back. */
  readonly over?: number | undefined;
}

const switching = ({ replica, key, on, timeout, luck, over }: Switching): Command =>
  command(
    `switch ${key} ${on ? `on for ${timeout}` : `off over ${over}`} at ${replica}, ${luck}`,
    async (contract, cluster, begun) => {
      const { store, switch: operator, ...rest } = parts(cluster.at(replica));
      store.wire.lose = luck === 'answer lost' ? 1 : 0;
      store.wire.late = luck === 'too late' ? 1_500 : 0;
      const options = on ? { timeout } : over === undefined ? {} : { reopenOver: over };
      const outcome = await settled(operator.set(rest.key(key), on, options));
      store.wire.late = 0;
      store.wire.lose = 0;
      // what was given up on has arrived by now, if it ever does
      await vi.advanceTimersByTimeAsync(luck === 'too late' ? 1_000 : 0);
      if (luck !== 'heard') contract.doubts.push({ from: begun, to: Date.now() });
      if ('error' in outcome) {
        assert.ok(outcome.error instanceof MaintenanceStoreError, String(outcome.error));
        const took = cluster.server.record(key)?.change;
        const mayHave = outcome.error.outcome === 'unknown' && luck === 'answer lost';
        if (!mayHave || !took || took.at < begun) return;
      }
      const line = contract.openings.of(key).line;
      // off is off, unless it is said how
      const ends = line && begun < line.until && !contract.isOnAt(key, begun) ? 0 : undefined;
      contract.change(
        key,
        begun,
        () => {
          if (on) contract.switches.set(key, { until: timeout === 0 ? null : begun + timeout });
          else contract.switches.delete(key);
          if (!on) contract.endSpan(key, begun);
        },
        on ? null : (over ?? ends),
      );
      if ('value' in outcome)
        assert.equal(outcome.value.to, contract.isOn(key), 'the change says what it came to');
    },
  );

const unset = (replica: number, key: Key): Command =>
  command(`unset ${key} at ${replica}`, async (contract, cluster, begun) => {
    const one = cluster.at(replica);
    const outcome = await settled(one.switch.unset(one.key(key), {}));
    assert.equal('error' in outcome && outcome.error, false);
    const ended = contract.holds.filter((hold) => hold.key === key && hold.deadSince === undefined);
    contract.change(
      key,
      begun,
      () => {
        contract.switches.delete(key);
        contract.holds = contract.holds.filter((hold) => hold.key !== key);
        contract.endSpan(key, begun);
      },
      0,
    );
    await vi.advanceTimersByTimeAsync(cluster.server.mute ? 2_100 : 60);
    for (const { maintenance } of ended) {
      assert.equal(maintenance.signal.aborted, true, 'holders hear of an unset');
      await settled(maintenance.leave());
    }
  });

interface Entering {
  readonly replica: number;
  readonly key: Key;
  readonly lock: boolean;
  readonly drain: boolean;
  readonly timeout: number;
}

const entering = ({ replica, key, lock, drain, timeout }: Entering): Command =>
  command(
    `maintain ${key} at ${replica}${lock ? '' : ' without lock'}${drain ? ', drained' : ''} for ${timeout}`,
    async (contract, cluster, begun) => {
      const one = cluster.at(replica);
      const holders = contract.holds.filter((hold) => hold.key === key && hold.locked);
      const outcome = await settled(one.enter(key, { lock, timeout, drain: drain && 10_000 }));
      if ('error' in outcome) {
        assert.ok(outcome.error instanceof MaintenanceLockedError, String(outcome.error));
        const mayHold =
          holders.some(({ deadSince }) => deadSince === undefined) ||
          // its time is over, and it has not left yet
          contract.over.some((hold) => hold.key === key && hold.locked) ||
          contract.graves.some((grave) => grave.key === key && begun < grave.died + LOCK_LEASE);
        assert.equal(lock && mayHold, true, 'somebody has the lock');
        return;
      }
      const { value: maintenance } = outcome;
      assert.ok(maintenance.fence > (contract.fences.get(key) ?? 0), 'fences grow');
      contract.fences.set(key, maintenance.fence);
      if (lock) {
        assert.ok(
          holders.every(({ deadSince }) => deadSince !== undefined),
          'nobody else has the lock',
        );
        // whoever takes the lock takes over from those who died with it, once it leaves; until then one stands for all
        const last = holders.reduce<Hold | undefined>(
          (one, other) => (!one || endOf(other) >= endOf(one) ? other : one),
          undefined,
        );
        contract.holds = contract.holds.filter((hold) => hold === last || !holders.includes(hold));
      }
      const until = timeout === 0 ? null : begun + timeout;
      contract.change(key, begun, () =>
        contract.holds.push({ key, locked: lock, replica, maintenance, until, deadSince: undefined }),
      );
    },
  );

const endOf = ({ until }: Hold): number => until ?? Infinity;

const leaving = (pick: number): Command =>
  command(`leave the ${pick}th`, async (contract) => {
    contract.prune();
    const open = contract.holds.filter(({ deadSince }) => deadSince === undefined);
    const hold = open[pick % (open.length || 1)];
    if (!hold) return;
    assert.equal(hold.maintenance.signal.aborted, false, 'nobody took it away');
    await settled(hold.maintenance.leave());
    contract.left(hold);
  });

const waiting = (ms: number): Command =>
  command(`wait ${ms}`, async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

/** A replica cannot reach the store for a while. It knows when it may no longer trust what it knows. */
const cutting = (replica: number, ms: number): Command =>
  command(`cut ${replica} off for ${ms}`, async (contract, cluster) => {
    const { store, manager } = cluster.at(replica);
    const index = replica % cluster.replicas.length;
    store.wire.cut = true;
    await vi.advanceTimersByTimeAsync(ms);
    if (ms >= REPLICA_LEASE) assert.equal(manager.lease.over(), true, 'the lease is over');
    contract.prune();
    const mine = contract.holds.filter(
      (hold) => hold.replica % cluster.replicas.length === index && hold.deadSince === undefined,
    );
    for (const hold of mine) {
      const { aborted } = hold.maintenance.signal;
      if (ms >= LOCK_LEASE)
        assert.equal(aborted, true, 'the loss of the lease is told before others may take it');
      if (ms < LOCK_LEASE / 3) assert.equal(aborted, false, 'nothing is lost so soon');
    }
    store.wire.cut = false;
    store.hear('reconnected');
    await vi.advanceTimersByTimeAsync(3_000);
    await toNextStep();
    contract.prune();
    for (const hold of mine.filter(({ maintenance }) => maintenance.signal.aborted)) {
      await settled(hold.maintenance.leave());
      contract.left(hold);
    }
  });

/** A replica dies and another takes its place. */
const restarting = (replica: number): Command =>
  command(`restart ${replica}`, async (contract, cluster) => {
    const index = replica % cluster.replicas.length;
    cluster.at(replica).crash();
    for (const hold of contract.holds) {
      if (hold.replica % cluster.replicas.length !== index || hold.deadSince !== undefined) continue;
      hold.deadSince = Date.now();
      if (hold.locked) contract.graves.push({ key: hold.key, died: hold.deadSince });
    }
    const next = new ModelReplica(cluster.server);
    cluster.replicas[index] = next;
    await settled(next.manager.start());
  });

/** The store loses what it knew, or gets something foreign: who knows puts it back. */
const forgetting = (text: string | undefined): Command =>
  command(text === undefined ? 'the store forgets' : 'the store is spoilt', async (_contract, { server }) => {
    if (server.version === '') return;
    if (text === undefined) server.forget();
    else server.damage = text;
    await vi.advanceTimersByTimeAsync(2_100);
  });

/** A failover loses the last write: who knows it puts it back, and numbers are given out again. */
const failing = (): Command =>
  command('the store loses its last write', async (_contract, { server }) => {
    server.goBack();
    await vi.advanceTimersByTimeAsync(2_100);
  });

/** Pushes come more often than there were changes, in another order, late, and for no reason. */
const rumour = (times: number): Command =>
  command(`${times} rumours`, async (_contract, { server, replicas }) => {
    server.tell('pushed', times);
    server.news
      .slice(-times)
      .reverse()
      .forEach((news) => server.tell('pushed', 2, news));
    server.tell('woken', times);
    replicas[times % replicas.length]!.store.hear('reconnected');
    await vi.advanceTimersByTimeAsync(times);
  });

const muting = (mute: boolean): Command =>
  command(mute ? 'pushes are lost from now on' : 'pushes come again', async (_contract, { server }) => {
    server.mute = mute;
  });

const parts = (replica: ModelReplica) => ({
  store: replica.store,
  switch: replica.switch,
  key: (name: Key) => replica.key(name),
});

const replica = fc.nat({ max: 2 });
// much of what is interesting needs several things that happen to one key
const key = fc.constantFrom(...KEYS, KEYS[0]);
const timeout = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 5_000, max: 15_000 }),
  fc.integer({ min: 5_000, max: 60_000 }),
);
const luck = fc.constantFrom<Luck>('heard', 'heard', 'heard', 'answer lost', 'too late');

const over = fc.option(fc.nat({ max: 10_000 }), { nil: undefined });

/** Everything that may happen. */
export const happenings = [
  fc.record({ replica, key, on: fc.boolean(), timeout, luck, over }).map(switching),
  fc
    .record({ replica, key, on: fc.boolean(), timeout, luck: fc.constant<Luck>('heard'), over })
    .map(switching),
  fc.tuple(replica, key).map(([at, name]) => unset(at, name)),
  fc.record({ replica, key, lock: fc.boolean(), drain: fc.boolean(), timeout }).map(entering),
  fc.record({ replica, key, lock: fc.constant(true), drain: fc.boolean(), timeout }).map(entering),
  fc.nat({ max: 9 }).map(leaving),
  fc.nat({ max: 9 }).map(leaving),
  fc.integer({ min: 1, max: 20_000 }).map(waiting),
  fc.tuple(replica, fc.integer({ min: 100, max: 9_000 })).map(([at, ms]) => cutting(at, ms)),
  replica.map(restarting),
  fc.constantFrom(undefined, 'not ours').map(forgetting),
  fc.constant(null).map(failing),
  fc.integer({ min: 1, max: 5 }).map(rumour),
  fc.boolean().map(muting),
  ...planning,
  ...planning,
];
