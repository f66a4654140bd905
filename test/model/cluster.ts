import { vi } from 'vitest';
import { ReplicaCoordinator } from '../../lib/core/cluster/replica-coordinator.js';
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
  readonly changes: MaintenanceChange[] = [];
  /** What contradicts the promises a replica makes by itself. */
  readonly faults: string[] = [];
  readonly #registry = new KeyRegistry();
  readonly #coordinator: ReplicaCoordinator;

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
    this.#watch();
  }

  key(name: Key): MaintenanceKey {
    return this.#registry.get(name);
  }

  isOn(name: Key): boolean {
    return this.manager.snapshot.of(this.key(name)).value;
  }

  enter(name: Key, options: MaintenanceHoldOptions): Promise<Maintenance> {
    return this.sessions.enter(this.key(name), options);
  }

  /** It dies: nothing it does reaches anybody any more. */
  crash(): void {
    this.store.wire.cut = true;
    void this.store.stop();
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
