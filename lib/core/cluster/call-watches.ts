import { isOn } from '../document/record.js';
import type { StateManager } from '../state/state-manager.js';
import { changeId, type RunningReport } from '../store/presence.js';
import { CallWatch } from './call-watch.js';
import type { CallJudge, RunningCalls } from './running-calls.js';

/** Most milliseconds between two looks at what an operator's switch waits for: no work depends on it. */
const SLOWEST = 250;
/** Calls that are reported for each key: enough to see what is running. */
const MOST_CALLS = 20;

/**
 * What this replica still serves of what keys refuse: one watch for each draining hold and one for each key that is on, created
 * in the same tick as the snapshot, since only earlier calls must be waited for.
 */
export class CallWatches {
  private readonly holds = new Map<string, CallWatch>();
  private readonly keys = new Map<
    string,
    {
      readonly watch: CallWatch;
      readonly revision: number;
      readonly reads: boolean;
      /** Monotonic. */
      readonly since: number;
    }
  >();

  /** @param turned is called when nothing is left of what somebody may wait for, or something is again */
  constructor(
    private readonly manager: StateManager,
    private readonly calls: RunningCalls,
    private readonly judge: CallJudge,
    private readonly turned: () => void,
  ) {
    manager.updates.subscribe(() => this.follow());
  }

  /** Routes still served that a hold refuses. */
  routesOf(hold: string): readonly string[] {
    return this.holds.get(hold)?.routes ?? [];
  }

  /** The same for all holds that wait for some. */
  draining(): Record<string, readonly string[]> {
    const left = [...this.holds].filter(([, { running }]) => running.length > 0);
    return Object.fromEntries(left.map(([hold, { routes }]) => [hold, routes]));
  }

  /** The running calls that active keys refuse, by key name. */
  running(): Record<string, RunningReport> {
    const { document, store } = this.manager;
    // the monotonic clock, converted to the store's
    const offset = store.now() - performance.now();
    const at = (time: number): number => Math.floor(time + offset);
    const reports: Record<string, RunningReport> = {};
    for (const [key, { watch }] of this.keys) {
      const change = document?.keys.get(key)?.change;
      if (change) {
        const { running, emptySince } = watch;
        reports[key] = {
          change: changeId(change),
          calls: running.slice(0, MOST_CALLS).map(({ route, begun }) => [route, at(begun)]),
          count: running.length,
          quietSince: emptySince === null ? null : at(emptySince),
        };
      }
    }
    return reports;
  }

  /** The work of a hold of this replica begins. */
  settle(hold: string): void {
    this.holds.get(hold)?.settle();
  }

  /** Since when the first hold of a key, except these, has waited for calls here; `Infinity`: none does. */
  drainingSince(key: string, except: readonly string[]): number {
    const holds = [...this.holds].filter(([hold, watch]) => watch.key === key && !except.includes(hold));
    return Math.min(...holds.map(([, { begun }]) => begun));
  }

  /** Since when a key has been on here; `Infinity` if it is off. */
  onSince(key: string): number {
    return this.keys.get(key)?.since ?? Infinity;
  }

  /** Creates watches for the present keys and holds. */
  follow(): void {
    this.followHolds();
    this.followKeys();
  }

  stop(): void {
    this.holds.forEach((watch) => watch.stop());
    this.keys.forEach(({ watch }) => watch.stop());
    this.holds.clear();
    this.keys.clear();
  }

  private followHolds(): void {
    const draining = this.drainingHolds();
    for (const [hold, watch] of this.holds) {
      if (!draining.has(hold)) {
        // an operator who unsets a key revokes nothing that ran before
        if (this.manager.document?.keys.get(watch.key)?.change.cause === 'unset') {
          watch.stop();
        } else {
          watch.giveUp();
        }
        this.holds.delete(hold);
      }
    }
    for (const [hold, key] of draining) {
      if (!this.holds.has(hold)) {
        this.holds.set(hold, this.watch(key, 0));
      }
    }
  }

  private followKeys(): void {
    const now = this.manager.store.now();
    const records = this.manager.document?.live;
    for (const [key, { watch }] of this.keys) {
      if (!isOn(records?.get(key), now)) {
        watch.stop();
        this.keys.delete(key);
      }
    }
    for (const [key, record] of records ?? []) {
      if (!isOn(record, now) || !this.manager.registry.has(key)) {
        continue;
      }
      const known = this.keys.get(key);
      const { revision, from } = record.change;
      const reads = this.letsRead(key);
      const isOnAgain = !from && known?.revision !== revision;
      const closesForReads = known?.reads === true && !reads;
      if (!known || isOnAgain || closesForReads) {
        known?.watch.stop();
        const watch = this.watch(key, SLOWEST);
        const since = known && !isOnAgain ? known.since : watch.begun;
        this.keys.set(key, { watch, revision, reads, since });
      }
    }
  }

  private letsRead(name: string): boolean {
    const key = this.manager.registry.find(name);
    return key !== undefined && this.manager.current(key).phase === 'readOnly';
  }

  private watch(key: string, slowest: number): CallWatch {
    return new CallWatch(key, this.calls, this.judge, slowest, () => queueMicrotask(this.turned));
  }

  /** Keys by the ids of the holds that drain them. Only those that are known: nobody can say yet what others refuse. */
  private drainingHolds(): Map<string, string> {
    const found = new Map<string, string>();
    const now = this.manager.store.now();
    for (const [key, { holds }] of this.manager.document?.live ?? []) {
      const known = this.manager.registry.has(key) ? holds : [];
      known
        .filter(({ draining, until }) => draining && (until === null || now < until))
        .forEach(({ id }) => found.set(id, key));
    }
    return found;
  }
}
