import {
  MaintenanceDrainError,
  MaintenanceStoreError,
  type MaintenanceUndrainedReplica,
} from '../errors/errors.js';
import type { CallJudge, RunningCalls } from './running-calls.js';
import type { Coordinator } from './coordinator.js';
import type { MaintenanceChange } from '../document/change.js';
import type { StateManager } from '../state/state-manager.js';
import { messageOf, type SeenReplica } from '../store/store.js';
import { DrainWatch } from './drain-watch.js';
import { AcknowledgedWrites } from './acknowledged-writes.js';

/** Milliseconds between two looks at the other replicas, besides being woken by them. */
const POLL_INTERVAL = 100;

/**
 * How this replica agrees with the others. Each tells with its heartbeat, and at once after a change, what it has applied
 * and what it still serves; whoever waits looks at what they told. A replica that tells nothing any more is waited for
 * until its lease is over, after which it does not trust what it knows.
 */
export class ReplicaCoordinator implements Coordinator {
  private readonly watches = new Map<string, DrainWatch>();

  constructor(
    private readonly manager: StateManager,
    private readonly inFlight: RunningCalls,
    private readonly judge: CallJudge,
  ) {
    manager.details = () => {
      this.watchHolds();
      return { inFlight: inFlight.size, draining: this.draining() };
    };
    // in the same tick as the snapshot: what was let pass before it is all there is to wait for
    manager.updates.subscribe(() => this.watchHolds());
  }

  async acknowledged(
    { key, revision }: Pick<MaintenanceChange, 'key' | 'revision'>,
    timeout: number,
  ): Promise<{ acknowledged: string[]; missing: string[] }> {
    const { manager } = this;
    const applied = new AcknowledgedWrites(manager, key, revision);
    const until = performance.now() + timeout;
    for (;;) {
      const { mark } = manager.notifier;
      const replicas = await this.others(until).catch((error: unknown) => {
        throw unknownAcknowledgement(messageOf(error), error);
      });
      applied.look();
      const behind = replicas.filter((replica) => !applied.includes(replica)).map(({ id }) => id);
      const over = performance.now() >= until;
      if (over ? behind.length > 0 || manager.seesAll : behind.length === 0 && manager.seesAll) {
        const reached = replicas.map(({ id }) => id).filter((id) => !behind.includes(id));
        return { acknowledged: [manager.replica.id, ...reached], missing: behind };
      }
      if (over) {
        throw unknownAcknowledgement(
          'the store has only just come back, and may not know all replicas again.',
        );
      }
      await this.wait(mark, until);
    }
  }

  async drained(
    key: string,
    hold: string,
    revision: number,
    timeout: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { manager } = this;
    const applied = new AcknowledgedWrites(manager, key, revision);
    const until = performance.now() + timeout;
    this.watchHolds();
    for (;;) {
      signal.throwIfAborted();
      const { mark } = manager.notifier;
      const left = await this.undrained(hold, applied, until, signal);
      if (left.length === 0 && manager.knowsAll) {
        return;
      }
      if (performance.now() >= until) {
        throw new MaintenanceDrainError(key, left, timeout);
      }
      await this.wait(mark, until, signal);
    }
  }

  stop(): void {
    this.watches.forEach((watch) => watch.stop());
    this.watches.clear();
  }

  private async undrained(
    hold: string,
    applied: AcknowledgedWrites,
    until: number,
    signal: AbortSignal,
  ): Promise<MaintenanceUndrainedReplica[]> {
    const self = this.manager.replica;
    const own = this.watches.get(hold)?.routes ?? [];
    const left: MaintenanceUndrainedReplica[] = own.length > 0 ? [{ ...self, routes: own }] : [];
    const others = await this.others(until, signal);
    applied.look();
    for (const { id, host, pid, draining, write } of others) {
      const routes = draining[hold] ?? [];
      if (!applied.includes({ write }) || routes.length > 0) {
        left.push({ id, host, pid, routes });
      }
    }
    return left;
  }

  /** The live replicas besides this one; asked again until the time is over when the store does not answer. */
  private async others(until: number, signal?: AbortSignal): Promise<SeenReplica[]> {
    const { store, replica } = this.manager;
    if (!store.clustered) {
      return [];
    }
    for (;;) {
      const { mark } = this.manager.notifier;
      try {
        const all = await store.replicas(this.manager.deadline());
        const others = all.filter(({ id }) => id !== replica.id);
        if (others.length === all.length) {
          // its own entry is lost, and others' may be: the exchange that records it again notes that
          await this.manager.sync();
        }
        return others;
      } catch (error) {
        if (!(error instanceof MaintenanceStoreError) || performance.now() >= until) {
          throw error;
        }
        await this.wait(mark, until, signal);
        signal?.throwIfAborted();
      }
    }
  }

  private async wait(mark: number, until: number, signal?: AbortSignal): Promise<void> {
    const timeout = Math.max(0, Math.min(POLL_INTERVAL, until - performance.now()));
    await this.manager.notifier.wait(mark, timeout, signal);
  }

  /** One watch for each hold that drains; made when the hold is learned of. */
  private watchHolds(): void {
    const draining = new Map<string, string>();
    const now = this.manager.store.now();
    for (const [key, { holds }] of this.manager.document?.keys ?? []) {
      holds
        .filter(({ draining: drains, until }) => drains && (until === null || now < until))
        .forEach(({ id }) => draining.set(id, key));
    }
    for (const [hold, watch] of this.watches) {
      if (!draining.has(hold)) {
        // an operator who unsets a key gives up nothing that ran before
        if (this.manager.document?.keys.get(watch.key)?.change.cause === 'unset') {
          watch.stop();
        } else {
          watch.giveUp();
        }
        this.watches.delete(hold);
      }
    }
    for (const [hold, key] of draining) {
      if (!this.watches.has(hold)) {
        const watch = new DrainWatch(
          key,
          this.inFlight,
          (call, outlivesResponse) => this.judge.ask(key, call, outlivesResponse),
          () => queueMicrotask(() => this.tell()),
        );
        this.watches.set(hold, watch);
      }
    }
  }

  private draining(): Record<string, readonly string[]> {
    return Object.fromEntries(
      [...this.watches]
        .filter(([, { routes }]) => routes.length > 0)
        .map(([hold, { routes }]) => [hold, routes]),
    );
  }

  /** Nothing is left here: who waits shall look. */
  private tell(): void {
    this.manager.notifier.call();
    if (this.manager.store.clustered) {
      this.manager.sync().catch(() => undefined);
    }
  }
}

/** The change itself is written: whatever failed here, "nothing was written" would be wrong. */
function unknownAcknowledgement(why: string, cause?: unknown): MaintenanceStoreError {
  return new MaintenanceStoreError(
    `The change was written, but who has applied it is unknown: ${why}`,
    'unknown',
    cause === undefined ? undefined : { cause },
  );
}
