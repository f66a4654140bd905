import type { MaintenanceHoldOptions, Maintenance } from './maintenance.js';
import { byItself } from '../calls/by-itself.js';
import { Call } from '../calls/call.js';
import { currentCall, excludeFromDrain, follow } from '../calls/current-call.js';
import { HoldEnds } from './hold-ends.js';
import { HoldReleases } from './hold-releases.js';
import { HoldWriter } from './hold-writer.js';
import type { LockWait } from './lock-wait.js';
import { ProgressReporter } from '../progress/progress-reporter.js';
import { Session } from './session.js';
import { createPlan, type MaintainPlan } from './maintain-plan.js';
import { explainOwnRoute } from './own-route.js';
import type { Revocations } from '../calls/revocations.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { Coordinator } from '../cluster/coordinator.js';
import type { MaintenanceChange } from '../document/change.js';
import { randomId } from '../document/codec.js';
import { leasesOf } from '../state/hold-lease.js';
import type { LeaseView } from '../document/holds.js';
import type { StateManager } from '../state/state-manager.js';

const SHUTS_DOWN = 'the application is shutting down';

/** Enters and leaves `maintain()`, and knows all that are in progress in this process. */
export class MaintenanceSessions {
  private readonly sessions = new Map<string, Session>();
  /** Holds on their way into the state. */
  private readonly openings = new Set<Promise<unknown>>();
  private readonly releases: HoldReleases;
  private readonly holds: HoldWriter;
  private readonly ends: HoldEnds;
  private closing = false;

  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
    private readonly coordinator: Coordinator,
    private readonly locks: LockWait,
    private readonly revocations: Revocations,
    private readonly warn: (message: string) => void,
  ) {
    this.releases = new HoldReleases(manager, hooks, warn);
    this.holds = new HoldWriter(manager, hooks);
    this.ends = new HoldEnds(manager, this.sessions);
  }

  async enter(key: MaintenanceKey, options?: MaintenanceHoldOptions): Promise<Maintenance> {
    const session = await this.start(key, options);
    const left = currentCall()?.holding(session);
    if (left) {
      void session.left.then(left);
    }
    return session.handle;
  }

  /** Runs work inside; rethrows what the work throws, after the maintenance was left. */
  async run<T>(
    key: MaintenanceKey,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintenanceHoldOptions,
  ): Promise<T> {
    const session = await this.start(key, options);
    session.works();
    const call = new Call(currentCall());
    call.holding(session);
    const { signal } = session.handle;
    const lost = (): void => this.revocations.revoke(call, (signal.reason as Error).message);
    signal.addEventListener('abort', lost, { once: true });
    try {
      const result = await follow(
        call,
        async () => work(session.handle),
        () => (call.running = false),
      );
      // what was done after the loss was not protected
      signal.throwIfAborted();
      return result;
    } finally {
      signal.removeEventListener('abort', lost);
      await session.leave();
    }
  }

  /** Aborts all work, and begins none any more. */
  stop(): void {
    this.closing = true;
    this.locks.close();
    this.sessions.forEach(({ lease }) => lease.stop(SHUTS_DOWN));
  }

  /** The same; waits for the work, and leaves the keys as the options say. */
  async shutdown(): Promise<void> {
    this.stop();
    const open = new Set(this.sessions.values());
    const inPatience = (sessions: Iterable<Session>): Promise<unknown> =>
      Promise.all(Array.from(sessions, (session) => session.inPatience()));
    // what is being opened is left at once, and would stay on if the connection were closed before
    const opened = Promise.allSettled(this.openings).then(() =>
      inPatience([...this.sessions.values()].filter((session) => !open.has(session))),
    );
    await Promise.all([inPatience(open), opened]);
    for (const session of this.sessions.values()) {
      await this.giveUp(session);
    }
    await Promise.all([this.releases.close(), this.locks.settled()]);
  }

  /** Whether work goes on here, although this process was asked to end, that nobody else may overlap with. */
  get keepsLocks(): boolean {
    return [...this.sessions.values()].some(({ keepsLock }) => keepsLock);
  }

  /** Its work has not ended when the application shuts down. */
  private async giveUp(session: Session): Promise<void> {
    const { key, hold, keepsLock, lease, takeover } = session;
    const opens = session.onShutdown === 'leave';
    if (!opens) {
      const until = keepsLock ? 'locked until the work or this process ends' : 'marked as abandoned';
      const outcome = this.ends.isOver(session)
        ? `the key is ${keepsLock ? until : 'open, unless something else keeps it on'}`
        : `the key stays on, ${until}`;
      this.warn(`The work under maintenance key "${key}" did not end in time; ${outcome}.`);
    }
    if (!keepsLock) {
      await (opens ? session.leave() : lease.giveBack());
    } else if (opens) {
      await this.releases.release(this.manager.registry.get(key), hold, takeover);
    }
  }

  private async start(key: MaintenanceKey, options: MaintenanceHoldOptions = {}): Promise<Session> {
    const plan = createPlan(key, options, this.manager.store.now());
    const include = excludeFromDrain();
    return this.begin(key, plan).finally(include);
  }

  private async begin(key: MaintenanceKey, plan: MaintainPlan): Promise<Session> {
    this.locks.refuseWhenClosing(key.name);
    plan.signal?.throwIfAborted();
    const hold = randomId();
    const opening = this.open(key, hold, plan);
    this.openings.add(opening);
    const { session, change } = await opening.finally(() => this.openings.delete(opening));
    const { lease } = session;
    if (change && !change.from) {
      await this.hooks.notify('entering', change);
    }
    try {
      if (plan.drain !== false) {
        const signal = plan.signal ? AbortSignal.any([lease.signal, plan.signal]) : lease.signal;
        await this.coordinator.drained(key.name, hold, change?.revision ?? 0, plan.drain, signal);
      }
      lease.signal.throwIfAborted();
      plan.signal?.throwIfAborted();
      session.takeover = this.holds.leaseView;
    } catch (error) {
      await session.leave();
      throw explainOwnRoute(error, this.manager.replica.id);
    }
    return session;
  }

  /** Takes the leases, asks hooks, and records the hold. */
  private async open(
    key: MaintenanceKey,
    hold: string,
    plan: MaintainPlan,
  ): Promise<{ session: Session; change: MaintenanceChange | null }> {
    const lease = await this.locks.take(leasesOf(key.name, hold, plan.lock, plan.lease), plan);
    await this.holds.ask(key, hold, lease, plan);
    const release = async (takeover?: LeaseView): Promise<void> => {
      lease.close();
      await this.releases.release(key, hold, takeover, lease);
      this.sessions.delete(hold);
    };
    let change: MaintenanceChange | null;
    try {
      change = await this.holds.write(key, hold, lease, plan);
    } catch (error) {
      // the write may have taken effect after all; the caller does not wait for the store again
      byItself(() => void release());
      throw error;
    }
    lease.hasBeenRecorded();
    const reporter = new ProgressReporter(this.manager, hold, plan.expected);
    const session = new Session(key.name, hold, lease, plan, release, reporter);
    this.sessions.set(hold, session);
    // what happened while the write was on its way
    this.ends.look();
    if (this.closing) {
      lease.stop(SHUTS_DOWN);
    }
    return { session, change };
  }
}
