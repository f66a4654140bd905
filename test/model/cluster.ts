import assert from 'node:assert/strict';
import { vi } from 'vitest';
import { pruneRecord } from '../../lib/core/document/passing-time.js';
import { occurrenceFrom } from '../../lib/core/windows/occurrences.js';
import type { WindowRecord } from '../../lib/core/windows/window-record.js';
import type { Contract } from './contract.js';
import { expectHooks, expectRefusals } from './expectations.js';
import { MemoryServer } from './memory-server.js';
import { isPending } from './plan.js';
import { KEYS, ModelReplica, settled, type Key } from './replica.js';

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
      this.#expectPlans(contract, key, record?.windows ?? []);
      const { line } = contract.openings.of(key);
      const reopening = record?.reopening;
      // the end is counted from within the call
      if (line && reopening && Math.abs(line.from - reopening.from) <= 1_100) Object.assign(line, reopening);
    }
  }

  /** What is recorded of windows that are not over. */
  #expectPlans(contract: Contract, key: Key, records: readonly WindowRecord[]): void {
    const now = Date.now();
    const plans = contract.plansOf(key).filter((plan) => isPending(plan, now));
    const stored = records.filter((window) => occurrenceFrom(window, now) !== undefined);
    assert.deepEqual(
      stored.map(({ id }) => id).sort(),
      plans.map(({ id }) => id).sort(),
      `windows of ${key}`,
    );
    for (const plan of plans) {
      const { ended } = records.find(({ id }) => id === plan.id)!;
      for (const [start, end] of ended) {
        expectEnd(end, plan.ended.get(start) ?? null);
        plan.ended.set(start, end);
      }
    }
  }

  /** Soon every replica knows what is stored, and has announced it. */
  async expectAgreement(contract: Contract, begun: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(this.server.mute ? 2_100 : 60);
    contract.prune();
    for (const { maintenance } of contract.over.splice(0)) {
      assert.ok(maintenance.signal.aborted, 'holders hear that their time is over');
      await settled(maintenance.leave());
    }
    await vi.advanceTimersByTimeAsync(this.server.mute ? 2_100 : 60);
    this.expectStored(contract);
    for (const { manager, changes, faults, ...replica } of this.replicas.map(facts)) {
      assert.equal(manager.view.version, this.server.version, `${replica.name} knows what is stored`);
      assert.deepEqual(faults, [], replica.name);
      for (const key of KEYS) {
        assert.equal(replica.isOn(key), contract.isOn(key), `${key} on ${replica.name}`);
        const last = changes.findLast((change) => change.key === key);
        if (last) assert.equal(last.to, contract.isOn(key), `${key} as last announced by ${replica.name}`);
      }
    }
    if (this.server.mute) contract.doubts.push({ from: begun, to: Date.now() });
    expectRefusals(contract, this.replicas);
    expectHooks(contract, this.server.called);
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
