import assert from 'node:assert/strict';
import { vi } from 'vitest';
import { pruneRecord } from '../../lib/core/document/passing-time.js';
import type { Maintenance } from '../../lib/core/service/maintenance.js';
import { KEYS, ModelReplica, settled, type Key } from './cluster.js';
import { MemoryServer } from './memory-server.js';

/** One `maintain()` as the contract sees it. */
export interface Hold {
  readonly key: Key;
  readonly locked: boolean;
  readonly replica: number;
  readonly maintenance: Maintenance;
  until: number | null;
  /** When its holder died or was cut off for good; its lease runs out after that. */
  deadSince: number | undefined;
}

/** What the contract says, in plain words: who has switched what on, who holds what, until when. */
export class Contract {
  readonly switches = new Map<Key, { until: number | null }>();
  holds: Hold[] = [];
  /** Holds whose time is over while their holders live: these have been told, and leave. */
  over: Hold[] = [];
  /** When holders of locks died: their leases run out after that. */
  readonly graves: { key: Key; died: number }[] = [];
  readonly fences = new Map<Key, number>();

  isOn(key: Key): boolean {
    this.prune();
    return this.switches.has(key) || this.holds.some((hold) => hold.key === key);
  }

  /** It has left, and those with it whose lock it had taken over. */
  left(hold: Hold): void {
    const isTakenOver = (other: Hold): boolean =>
      hold.locked &&
      other.locked &&
      other.key === hold.key &&
      other.maintenance.fence < hold.maintenance.fence;
    this.holds = this.holds.filter((other) => other !== hold && !isTakenOver(other));
  }

  /** What has ended by itself is gone. */
  prune(): void {
    const now = Date.now();
    const isOver = ({ until }: { until: number | null }): boolean => until !== null && until <= now;
    for (const [key, on] of this.switches) if (isOver(on)) this.switches.delete(key);
    this.over.push(...this.holds.filter((hold) => isOver(hold) && hold.deadSince === undefined));
    this.holds = this.holds.filter((hold) => !isOver(hold));
  }
}

/** The real thing: a server and replicas, on the test's clock. */
export class Cluster {
  readonly server = new MemoryServer();
  readonly replicas: ModelReplica[] = [];

  static async start(size: number): Promise<Cluster> {
    const cluster = new Cluster();
    for (let i = 0; i < size; i++) cluster.replicas.push(new ModelReplica(cluster.server));
    const started = Promise.all(cluster.replicas.map(({ manager }) => manager.start()));
    await vi.advanceTimersByTimeAsync(50);
    await started;
    return cluster;
  }

  at(index: number): ModelReplica {
    return this.replicas[index % this.replicas.length]!;
  }

  stop(): void {
    this.replicas.forEach((replica) => replica.crash());
  }

  /** What is stored is what the contract says; ends that the contract knows only roughly are taken over from there. */
  expectStored(contract: Contract): void {
    contract.prune();
    const now = Date.now();
    for (const key of KEYS) {
      const record = this.server.record(key);
      const { switch: on, holds } = record ? pruneRecord(record, now) : { switch: null, holds: [] };
      const expected = contract.switches.get(key);
      assert.equal(on !== null, expected !== undefined, `the switch of ${key}`);
      if (on && expected) {
        expectEnd(on.until, expected.until);
        expected.until = on.until;
      }
      const held = contract.holds.filter((hold) => hold.key === key);
      assert.deepEqual(
        holds.map(({ fence }) => fence).sort(),
        held.map(({ maintenance }) => maintenance.fence).sort(),
        `the holds of ${key}`,
      );
      for (const hold of held) {
        const { until } = holds.find(({ fence }) => fence === hold.maintenance.fence)!;
        expectEnd(until, hold.until);
        hold.until = until;
      }
    }
  }

  /** Soon every replica knows what is stored, and has announced it. */
  async expectAgreement(contract: Contract): Promise<void> {
    await vi.advanceTimersByTimeAsync(this.server.mute ? 2_100 : 60);
    contract.prune();
    for (const { maintenance } of contract.over.splice(0)) {
      assert.ok(maintenance.signal.aborted, 'holders hear that their time is over');
      await settled(maintenance.leave());
    }
    await vi.advanceTimersByTimeAsync(this.server.mute ? 2_100 : 60);
    this.expectStored(contract);
    for (const { manager, changes, faults, ...replica } of this.replicas.map(facts)) {
      assert.equal(manager.version, this.server.version, `${replica.name} knows what is stored`);
      assert.deepEqual(faults, [], replica.name);
      for (const key of KEYS) {
        assert.equal(replica.isOn(key), contract.isOn(key), `${key} on ${replica.name}`);
        const last = changes.findLast((change) => change.key === key);
        if (last) assert.equal(last.to, contract.isOn(key), `${key} as last announced by ${replica.name}`);
      }
    }
  }
}

const facts = (replica: ModelReplica, index: number) => ({
  name: `replica ${index}`,
  manager: replica.manager,
  changes: replica.changes,
  faults: replica.faults,
  isOn: (key: Key) => replica.isOn(key),
});

/** A call takes some time; the end is counted from within it. */
function expectEnd(actual: number | null, expected: number | null): void {
  if (actual === null || expected === null) assert.equal(actual, expected);
  else assert.ok(Math.abs(actual - expected) <= 1_100, 'the end is where it was said to be');
}
