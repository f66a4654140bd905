import type { ExecutionContext } from '@nestjs/common';
import {
  MaintenanceDrainError,
  MaintenanceStoreError,
  type UndrainedReplica,
} from '../maintenance.errors.js';
import type { InFlight } from '../decision/in-flight.js';
import type { Agreement } from '../state/agreement.js';
import type { MaintenanceChange } from '../state/change.js';
import type { StateKeeper } from '../state/state-keeper.js';
import { messageOf, type SeenReplica } from '../state/store.js';
import { DrainWatch } from './drain-watch.js';
import { Lineage } from './lineage.js';

/** Milliseconds between two looks at the other replicas, besides being woken by them. */
const LOOK_AGAIN = 100;

/** Would a key refuse a call that was let pass before. */
export type Refuses = (key: string, context: ExecutionContext, orphan: boolean) => boolean | Promise<boolean>;

/**
 * How this replica agrees with the others. Each tells with its heartbeat, and at once after a change, what it has applied
 * and what it still serves; whoever waits looks at what they told. A replica that tells nothing any more is waited for
 * until its lease is over, after which it does not trust what it knows.
 */
export class ReplicaAgreement implements Agreement {
  private readonly watches = new Map<string, DrainWatch>();

  constructor(
    private readonly keeper: StateKeeper,
    private readonly inFlight: InFlight,
    private readonly refuses: Refuses,
  ) {
    keeper.details = () => {
      this.watchHolds();
      return { inFlight: inFlight.size, draining: this.draining() };
    };
    // in the same tick as the snapshot: what was let pass before it is all there is to wait for
    keeper.updates.subscribe(() => this.watchHolds());
  }

  async acknowledged(
    { key, revision }: Pick<MaintenanceChange, 'key' | 'revision'>,
    timeout: number,
  ): Promise<{ acknowledged: string[]; missing: string[] }> {
    const { keeper } = this;
    const lineage = new Lineage(keeper, key, revision);
    const until = performance.now() + timeout;
    for (;;) {
      const { mark } = keeper.wakeUp;
      const replicas = await this.others(until).catch((error: unknown) => {
        throw unknownAcknowledgement(messageOf(error), error);
      });
      lineage.look();
      const behind = replicas.filter((replica) => !lineage.includes(replica)).map(({ id }) => id);
      const over = performance.now() >= until;
      if (over ? behind.length > 0 || keeper.seesAll : behind.length === 0 && keeper.seesAll) {
        const reached = replicas.map(({ id }) => id).filter((id) => !behind.includes(id));
        return { acknowledged: [keeper.replica.id, ...reached], missing: behind };
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
    const { keeper } = this;
    const lineage = new Lineage(keeper, key, revision);
    const until = performance.now() + timeout;
    this.watchHolds();
    for (;;) {
      signal.throwIfAborted();
      const { mark } = keeper.wakeUp;
      const left = await this.undrained(hold, lineage, until, signal);
      if (left.length === 0 && keeper.knowsAll) {
        return;
      }
      if (performance.now() >= until) {
        throw new MaintenanceDrainError(key, left, timeout);
      }
      await this.wait(mark, until, signal);
    }
  }

  park(): () => void {
    return this.inFlight.park();
  }

  stop(): void {
    this.watches.forEach((watch) => watch.stop());
    this.watches.clear();
  }

  private async undrained(
    hold: string,
    lineage: Lineage,
    until: number,
    signal: AbortSignal,
  ): Promise<UndrainedReplica[]> {
    const self = this.keeper.replica;
    const own = this.watches.get(hold)?.routes ?? [];
    const left: UndrainedReplica[] = own.length > 0 ? [{ ...self, routes: own }] : [];
    const others = await this.others(until, signal);
    lineage.look();
    for (const { id, host, pid, draining, write } of others) {
      const routes = draining[hold] ?? [];
      if (!lineage.includes({ write }) || routes.length > 0) {
        left.push({ id, host, pid, routes });
      }
    }
    return left;
  }

  /** The live replicas besides this one; asked again until the time is over when the store does not answer. */
  private async others(until: number, signal?: AbortSignal): Promise<SeenReplica[]> {
    const { store, replica } = this.keeper;
    if (!store.clustered) {
      return [];
    }
    for (;;) {
      const { mark } = this.keeper.wakeUp;
      try {
        const all = await store.replicas(this.keeper.deadline());
        const others = all.filter(({ id }) => id !== replica.id);
        if (others.length === all.length) {
          // its own entry is lost, and others' may be: the exchange that records it again notes that
          await this.keeper.sync();
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
    const timeout = Math.max(0, Math.min(LOOK_AGAIN, until - performance.now()));
    await this.keeper.wakeUp.wait(mark, timeout, signal);
  }

  /** One watch for each hold that drains; made when the hold is learned of. */
  private watchHolds(): void {
    const draining = new Map<string, string>();
    for (const [key, { holds }] of this.keeper.document?.keys ?? []) {
      holds.filter((hold) => hold.draining).forEach(({ id }) => draining.set(id, key));
    }
    for (const [hold, watch] of this.watches) {
      if (!draining.has(hold)) {
        watch.stop();
        this.watches.delete(hold);
      }
    }
    for (const [hold, key] of draining) {
      if (!this.watches.has(hold)) {
        const watch = new DrainWatch(
          this.inFlight,
          (context, orphan) => this.refuses(key, context, orphan),
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
    this.keeper.wakeUp.call();
    if (this.keeper.store.clustered) {
      this.keeper.sync().catch(() => undefined);
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
