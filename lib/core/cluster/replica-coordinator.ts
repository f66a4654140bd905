import { MaintenanceDrainError, type MaintenanceUndrainedReplica } from '../errors/drain-error.js';
import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { isOn } from '../document/record.js';
import { changeId, type SeenReplica } from '../store/presence.js';
import { messageOf } from '../errors/message-of.js';
import { AcknowledgedWrites } from './acknowledged-writes.js';
import type { Coordinator } from './coordinator.js';
import { CallWatches } from './call-watches.js';
import { KnownKeys } from './known-keys.js';
import { Peers } from './peers.js';
import type { CallJudge, RunningCalls } from './running-calls.js';
import { describeQuiet, type MaintenanceQuiet } from './quiet.js';
import { findUndrained, hasApplied, isConcerned } from './undrained.js';

/**
 * How this replica agrees with the others. Each reports with its heartbeat, and at once after a change, what it has applied and
 * what it still serves; those who wait look at these reports.
 *
 * A replica that stops reporting is silent, and not gone: its event loop may be blocked, or it may be stopped or cut off from
 * the store, while its handlers go on. It is waited for as long as its connection to the store is open, and until nothing has
 * been heard of it for `presumedDead`. A connection is closed by the kernel when its process ends, and otherwise by a network
 * that resets it: a live process with a reset connection is the case that is not covered.
 */
export class ReplicaCoordinator implements Coordinator {
  private readonly peers: Peers;
  private readonly watches: CallWatches;

  /** @param foreignKeys keys that cannot concern this application */
  constructor(
    private readonly manager: StateManager,
    private readonly calls: RunningCalls,
    judge: CallJudge,
    foreignKeys: readonly string[] | true = [],
  ) {
    this.peers = new Peers(manager);
    this.watches = new CallWatches(manager, calls, judge, () => this.tell());
    const keys = new KnownKeys(manager, foreignKeys);
    manager.report.details = () => {
      // first: it may find keys, whose calls are counted before they are reported as known
      const unknownKeys = keys.missing;
      this.watches.follow();
      return {
        inFlight: calls.size,
        observer: !calls.serves && calls.size === 0,
        unknownKeys,
        foreignKeys: keys.foreign,
        draining: this.watches.draining(),
        running: this.watches.running(),
      };
    };
  }

  async acknowledged(
    key: string,
    revision: number,
    timeout: number,
  ): Promise<{ acknowledged: string[]; missing: string[] }> {
    const { manager, peers } = this;
    const applied = new AcknowledgedWrites(manager, key, revision);
    const until = performance.now() + timeout;
    await peers.reports(until, applied);
    for (;;) {
      const { mark } = manager.notifier;
      const seen = await peers.look(until, undefined, applied).catch((error: unknown) => {
        throw unknownAcknowledgement(messageOf(error), error);
      });
      const replicas = seen.filter((peer) => isConcerned(peer, key) && !isIdle(peer));
      const behind = replicas.filter((peer) => !hasApplied(peer, key, applied)).map(({ id }) => id);
      const over = performance.now() >= until;
      if (over ? behind.length > 0 || manager.list.seesAll : behind.length === 0 && manager.list.seesAll) {
        const reached = replicas.map(({ id }) => id).filter((id) => !behind.includes(id));
        return { acknowledged: [manager.replica.id, ...reached], missing: behind };
      }
      if (over) {
        throw unknownAcknowledgement('the store has just come back and may not know all replicas yet.');
      }
      await peers.wait(mark, until, undefined, applied);
    }
  }

  async drained(
    key: string,
    hold: string,
    revision: number,
    timeout: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { manager, peers } = this;
    const applied = new AcknowledgedWrites(manager, key, revision);
    const until = performance.now() + timeout;
    this.watches.follow();
    await peers.reports(until, applied, signal);
    for (;;) {
      signal.throwIfAborted();
      const { mark } = manager.notifier;
      const left = await this.undrained(key, hold, applied, until, signal);
      if (left.length === 0 && manager.list.knowsAll) {
        this.watches.settle(hold);
        return;
      }
      if (performance.now() >= until) {
        throw new MaintenanceDrainError(key, left, timeout);
      }
      await peers.wait(mark, until, signal, applied);
    }
  }

  async quiet(key: string, timeout: number, signal?: AbortSignal): Promise<MaintenanceQuiet> {
    const { manager, peers } = this;
    const until = performance.now() + timeout;
    for (;;) {
      signal?.throwIfAborted();
      const { mark } = manager.notifier;
      const others = await peers.look(until, signal);
      const version = manager.view.version ?? '';
      const record = manager.document?.keys.get(key);
      const change = record && isOn(record, manager.store.now()) ? changeId(record.change) : undefined;
      const quiet = describeQuiet([this.seen(), ...others], key, { version, change }, manager.list.knowsAll);
      if (quiet.quiet || performance.now() >= until) {
        return quiet;
      }
      await peers.wait(mark, until, signal);
    }
  }

  drainingSince(key: string, except: readonly string[]): number {
    return this.watches.drainingSince(key, except);
  }

  onSince(key: string): number {
    return this.watches.onSince(key);
  }

  /** Whether others may wait for anything that is in progress here, whatever became of its response. */
  get isBusy(): boolean {
    const { calls, manager } = this;
    return manager.store.clustered && (calls.size > 0 || calls.running(() => true).length > 0);
  }

  stop(): void {
    this.watches.stop();
  }

  private async undrained(
    key: string,
    hold: string,
    applied: AcknowledgedWrites,
    until: number,
    signal: AbortSignal,
  ): Promise<MaintenanceUndrainedReplica[]> {
    const others = await this.peers.look(until, signal, applied);
    const left = others.flatMap((peer) => findUndrained(peer, key, hold, applied) ?? []);
    const routes = this.watches.routesOf(hold);
    return routes.length > 0 ? [this.itself(routes), ...left] : left;
  }

  /** This replica as others would see it now. */
  private seen(): SeenReplica {
    const { replica, store } = this.manager;
    const { id, host, pid } = replica;
    const told = this.manager.report.presence();
    return { id, host, pid, lastSeen: store.now(), silentFor: 0, connection: 'open', told };
  }

  private itself(routes: readonly string[]): MaintenanceUndrainedReplica {
    const { id, host, pid } = this.manager.replica;
    const inFlight = this.calls.size;
    return { id, host, pid, routes, silentFor: 0, connection: 'open', inFlight, knowsKey: true };
  }

  /** Nothing is left here, or something is again: notifies those who wait. */
  private tell(): void {
    this.manager.notifier.call();
    if (this.manager.store.clustered) {
      this.manager.sync().catch(() => undefined);
    }
  }
}

/** A silent process that runs nothing: it has nothing to acknowledge. */
const isIdle = ({
  silentFor,
  told,
}: {
  silentFor: number;
  told?: { observer: boolean } | undefined;
}): boolean => silentFor > 0 && told?.observer === true;

/** The change itself is written: whatever failed here, "nothing was written" would be wrong. */
function unknownAcknowledgement(why: string, cause?: unknown): MaintenanceStoreError {
  return new MaintenanceStoreError(
    `The change was written, but it is unknown which replicas have applied it: ${why}`,
    'unknown',
    cause === undefined ? undefined : { cause },
  );
}
