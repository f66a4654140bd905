import { vi } from 'vitest';
import { ReplicaCoordinator } from '../../lib/core/cluster/replica-coordinator.js';
import { OncePerCluster } from '../../lib/core/cluster/once-per-cluster.js';
import { WindowWatch } from '../../lib/core/cluster/window-watch.js';
import { ApplicationCalls } from '../../lib/core/common/application-calls.js';
import { PlannedWindows } from '../../lib/core/service/planned-windows.js';
import { Decision } from '../../lib/decision/decision.js';
import { Visitor } from '../../lib/decision/visitor.js';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { HookRunner } from '../../lib/core/hooks/hook-runner.js';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import type { MaintenanceHoldOptions, Maintenance } from '../../lib/core/service/maintenance.js';
import { LockWait } from '../../lib/core/service/lock-wait.js';
import { MaintenanceSessions } from '../../lib/core/service/sessions.js';
import { MaintenanceSwitch } from '../../lib/core/service/switch.js';
import type { MaintenanceChange } from '../../lib/core/document/change.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { MemoryStore, type MemoryServer } from './memory-server.js';

export const KEYS = ['a', 'b'] as const;
export type Key = (typeof KEYS)[number];

/** What became of a call, on the test's clock. */
export type Settled<T> = { readonly value: T } | { readonly error: Error & { outcome?: string } };

const quiet = { log: () => undefined, warn: () => undefined };

/** One replica without Nest: everything that keeps and changes the state, over the memory server. */
export class ModelReplica {
  readonly store: MemoryStore;
  readonly manager: StateManager;
  readonly sessions: MaintenanceSessions;
  readonly switch: MaintenanceSwitch;
  readonly windows: PlannedWindows;
  readonly watch: WindowWatch;
  readonly changes: MaintenanceChange[] = [];
  /** What contradicts the promises a replica makes by itself. */
  readonly faults: string[] = [];
  readonly #registry = new KeyRegistry();
  readonly #coordinator: ReplicaCoordinator;
  readonly #decision = new Decision(new ApplicationCalls(1_000, () => undefined));
  readonly #once: OncePerCluster;

  constructor(server: MemoryServer) {
    KEYS.forEach((name) => this.#registry.add(new MaintenanceKey(name), 'the model'));
    this.store = new MemoryStore(server);
    this.manager = new StateManager(this.store, this.#registry, newReplica(), 1_000, quiet);
    const hooks = new HookRunner(() => undefined);
    const inFlight = new InFlight();
    this.#coordinator = new ReplicaCoordinator(this.manager, inFlight, { ask: () => false });
    const locks = new LockWait(this.manager);
    this.sessions = new MaintenanceSessions(
      this.manager,
      hooks,
      this.#coordinator,
      locks,
      inFlight.revocations,
      () => undefined,
    );
    this.switch = new MaintenanceSwitch(this.manager, hooks, this.#coordinator, locks);
    this.windows = new PlannedWindows(this.manager, hooks);
    for (const event of ['announced', 'entering', 'exiting', 'overrun'] as const) {
      const call = ({ window }: MaintenanceChange): unknown =>
        window &&
        server.called.push({ name: `${event}:${window.id}:${window.start.getTime()}`, at: Date.now() });
      hooks.add({ name: event, event, keys: [], call });
    }
    this.#once = new OncePerCluster(this.manager);
    this.watch = new WindowWatch(this.manager, this.#once, hooks);
    this.#watch();
  }

  key(name: Key): MaintenanceKey {
    return this.#registry.get(name);
  }

  isOn(name: Key): boolean {
    return this.manager.snapshot.of(this.key(name)).value;
  }

  /** Whether it refuses a visitor with that place in the line, and until when it says so while the key opens. */
  refuses(name: Key, place: number, reads: boolean): { until?: number } | false {
    const active = this.manager.snapshot.refusing.filter(({ key }) => key.name === name);
    const visitor = new Visitor(place, this.manager.store.now());
    const { refused } = this.#decision.judge(active, {}, reads, () => false, undefined, visitor);
    const { phase, until } = refused?.state ?? {};
    return refused ? (phase === 'reopening' && until ? { until: until.getTime() } : {}) : false;
  }

  enter(name: Key, options: MaintenanceHoldOptions): Promise<Maintenance> {
    return this.sessions.enter(this.key(name), options);
  }

  /** It dies: nothing it does reaches anybody any more. */
  crash(): void {
    this.store.wire.cut = true;
    void this.store.stop();
    void this.#once.stop();
    this.#coordinator.stop();
    void this.manager.stop();
  }

  /** Revisions grow within a history; what is announced of a key follows on what was announced before. */
  #watch(): void {
    const newest = new Map<string, number>();
    const announced = new Map<string, boolean>();
    this.manager.updates.subscribe(() => {
      const { document } = this.manager;
      if (!document) return;
      const before = newest.get(document.history) ?? 0;
      if (document.revision < before) this.faults.push(`went back from ${before} to ${document.revision}`);
      newest.set(document.history, document.revision);
    });
    this.manager.changes.subscribe(({ change }) => {
      this.changes.push(change);
      const { key, from, to } = change;
      const before = announced.get(key);
      if (before !== undefined && before !== from)
        this.faults.push(`${key} was announced ${before}, now from ${from}`);
      if (!from && !to) this.faults.push(`${key}: a change from off to off was announced`);
      announced.set(key, to);
    });
  }
}

/** Lets the test's clock run until the call has settled. */
export async function settled<T>(call: Promise<T>): Promise<Settled<T>> {
  const outcomes: Settled<T>[] = [];
  call.then(
    (value) => outcomes.push({ value }),
    (error: unknown) => outcomes.push({ error: error as Error }),
  );
  for (let waited = 0; waited < 60_000; waited += 5) {
    await vi.advanceTimersByTimeAsync(5);
    if (outcomes[0]) return outcomes[0];
  }
  throw new Error('A call did not settle within a minute');
}
