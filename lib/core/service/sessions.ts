import type { MaintainOptions, Maintenance } from './maintenance.js';
import { MaintenanceError, MaintenanceLockedError, MaintenanceLockLostError } from '../errors/errors.js';
import { HoldReleases } from './hold-releases.js';
import { Session } from './session.js';
import { createPlan, type MaintainPlan } from './maintain-plan.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { Coordinator } from '../cluster/coordinator.js';
import type { MaintenanceChange } from '../document/change.js';
import { randomId } from '../document/codec.js';
import type { Editor } from '../document/updates.js';
import { HoldLease } from '../state/hold-lease.js';
import { isOvertaken, withHold, type LeaseView } from '../document/holds.js';
import type { HoldRecord } from '../document/record.js';
import type { StateManager } from '../state/state-manager.js';

/** Milliseconds between two looks at a lock that is waited for, besides being woken. */
const POLL_INTERVAL = 250;
const SHUTS_DOWN = 'the application shuts down';

/** Enters and leaves `maintain()`, and knows all that are under way in this process. */
export class MaintenanceSessions {
  private readonly sessions = new Map<string, Session>();
  private readonly releases: HoldReleases;
  private closing = false;

  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
    private readonly coordinator: Coordinator,
    private readonly warn: (message: string) => void,
  ) {
    this.releases = new HoldReleases(manager, hooks, warn);
    manager.updates.subscribe(() => this.lookAfterHolds());
  }

  private get leaseView(): LeaseView {
    const { isLive, store } = this.manager;
    return { isLive, exclusive: store.clustered };
  }

  async enter(key: MaintenanceKey, options?: MaintainOptions): Promise<Maintenance> {
    return (await this.start(key, options)).handle;
  }

  /** Runs work inside; what work throws comes out, after the maintenance was left. */
  async run<T>(
    key: MaintenanceKey,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintainOptions,
  ): Promise<T> {
    const session = await this.start(key, options);
    session.works();
    try {
      const result = await work(session.handle);
      // what was done after the loss was not protected
      session.handle.signal.throwIfAborted();
      return result;
    } finally {
      await session.leave();
    }
  }

  /** Tells all work to stop, waits for it, and leaves behind what the options say. */
  async shutdown(): Promise<void> {
    this.closing = true;
    const open = [...this.sessions.values()];
    open.forEach(({ lease }) => lease.lose(SHUTS_DOWN));
    await Promise.all(open.map((session) => session.inPatience()));
    for (const session of this.sessions.values()) {
      if (session.onShutdown === 'leave') {
        await session.leave();
      } else {
        this.warn(
          `The work under maintenance key "${session.key}" did not end in time; the key stays on, marked as abandoned.`,
        );
        await session.lease.giveBack();
      }
    }
    await this.releases.close();
  }

  private async start(key: MaintenanceKey, options: MaintainOptions = {}): Promise<Session> {
    const plan = createPlan(key, options, this.manager.store.now());
    const unpark = this.coordinator.excludeFromDrain();
    try {
      return await this.begin(key, plan);
    } finally {
      unpark();
    }
  }

  private async begin(key: MaintenanceKey, plan: MaintainPlan): Promise<Session> {
    this.refuseWhenClosing(key);
    const hold = randomId();
    await this.hooks.ask(this.expected(key, plan));
    const lease = await this.takeLease(key, hold, plan);
    let takeover: LeaseView | undefined;
    const release = async (): Promise<void> => {
      lease.close();
      await this.releases.release(key, hold, takeover);
      await lease.giveBack();
      this.sessions.delete(hold);
    };
    let change: MaintenanceChange | null;
    try {
      change = await this.write(key, hold, lease, plan);
    } catch (error) {
      // the write may have taken effect all the same; the caller does not wait for the store again
      void release();
      throw error;
    }
    const session = new Session(key.name, hold, lease, plan.onShutdown, release);
    this.sessions.set(hold, session);
    // what happened while the write was on its way
    this.lookAfterHolds();
    if (this.closing) {
      lease.lose(SHUTS_DOWN);
    }
    if (change && !change.from) {
      await this.hooks.notify('entering', change);
    }
    try {
      if (plan.drain !== false) {
        await this.coordinator.drained(key.name, hold, change?.revision ?? 0, plan.drain, lease.signal);
      }
      lease.signal.throwIfAborted();
      takeover = this.leaseView;
    } catch (error) {
      await session.leave();
      throw error;
    }
    return session;
  }

  /** Writes the hold into the record while its lease is trusted. */
  private write(
    key: MaintenanceKey,
    id: string,
    { fence, end }: HoldLease,
    plan: MaintainPlan,
  ): Promise<MaintenanceChange | null> {
    const { manager } = this;
    const enter: Editor = (record, now) => {
      const hold: HoldRecord = {
        ...plan.notice,
        ...plan.end(now),
        since: Math.floor(now),
        id,
        owner: manager.replica.id,
        fence,
        locked: plan.lock,
        draining: plan.drain !== false,
      };
      if (isOvertaken(record, hold, this.leaseView)) {
        throw new MaintenanceLockLostError(key.name, 'somebody else has taken its lock since');
      }
      return withHold(record, hold, this.leaseView);
    };
    return manager.write(key.name, enter, Math.min(manager.deadline(), end));
  }

  private async takeLease(
    key: MaintenanceKey,
    hold: string,
    { lock, blocking }: MaintainPlan,
  ): Promise<HoldLease> {
    const { manager } = this;
    await manager.start();
    const until = performance.now() + blocking;
    for (;;) {
      const { mark } = manager.notifier;
      const lease = await HoldLease.take(manager, key.name, hold, lock);
      if (lease) {
        return lease;
      }
      this.refuseWhenClosing(key);
      const wait = Math.min(until - performance.now(), POLL_INTERVAL);
      if (wait <= 0) {
        throw new MaintenanceLockedError(key.name, blocking === Infinity ? 0 : blocking);
      }
      await manager.notifier.wait(mark, wait);
    }
  }

  private refuseWhenClosing(key: MaintenanceKey): void {
    if (this.closing) {
      throw new MaintenanceError(`The application shuts down: no maintenance of key "${key.name}" begins.`);
    }
  }

  /** A hold that is gone from the state is lost: somebody unset the key, or its time is over. */
  private lookAfterHolds(): void {
    const { document, store } = this.manager;
    for (const { key, hold, lease } of this.sessions.values()) {
      const record = document?.keys.get(key);
      const own = record?.holds.find(({ id }) => id === hold);
      if (!own) {
        lease.lose('somebody unset the key');
      } else if (own.until !== null && own.until <= store.now()) {
        lease.lose('its time is over');
      }
    }
  }

  private expected(key: MaintenanceKey, plan: MaintainPlan): MaintenanceChange {
    const { snapshot, store } = this.manager;
    return {
      key: key.name,
      from: snapshot.of(key).value,
      to: true,
      cause: 'maintain',
      ...plan.notice,
      revision: snapshot.revision,
      at: new Date(store.now()),
    };
  }
}
