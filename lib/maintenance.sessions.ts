import type { MaintainOptions, Maintenance } from './maintenance.js';
import { blockingOption, endOf, textOption } from './maintenance.durations.js';
import { MaintenanceConfigurationError, MaintenanceLockedError } from './maintenance.errors.js';
import type { HookRunner } from './hooks/hook-runner.js';
import type { MaintenanceKey } from './keys/maintenance-key.js';
import type { Agreement } from './state/agreement.js';
import type { MaintenanceChange } from './state/change.js';
import { randomId } from './state/codec.js';
import { HoldLease } from './state/hold.js';
import type { HoldRecord, KeyRecord } from './state/record.js';
import type { Edit, StateKeeper } from './state/state-keeper.js';
import { messageOf } from './state/store.js';
import { nextOrTimeout } from './state/waiting.js';

/** Milliseconds a drain waits by default. */
const DRAIN = 10_000;
/** Milliseconds between two looks at a lock that is waited for, besides being woken. */
const LOOK_AGAIN = 250;
/** Milliseconds a shutdown waits for work that was told to stop. */
const SHUTDOWN = 10_000;

/** A `maintain()` under way. */
interface Session extends Maintenance {
  readonly hold: string;
  readonly lease: HoldLease;
  readonly onShutdown: 'stay' | 'leave';
  /** Settles when it was left. */
  readonly left: Promise<void>;
}

interface Plan {
  readonly lock: boolean;
  readonly blocking: number;
  readonly drain: number | false;
  readonly onShutdown: 'stay' | 'leave';
  readonly notice: Pick<HoldRecord, 'message' | 'reason' | 'actor'>;
  readonly end: (now: number) => Pick<HoldRecord, 'until' | 'announced'>;
}

/** Enters and leaves `maintain()`, and knows all that are under way in this process. */
export class MaintenanceSessions {
  private readonly sessions = new Map<string, Session>();
  /** Holds that were left while the store could not be written. */
  private readonly unreleased = new Map<string, MaintenanceKey>();
  private closing = false;

  constructor(
    private readonly keeper: StateKeeper,
    private readonly hooks: HookRunner,
    private readonly agreement: Agreement,
    private readonly warn: (message: string) => void,
  ) {
    keeper.changes.subscribe(() => this.lookAfterHolds());
    keeper.health$.subscribe(({ up }) => (up ? void this.releaseLate() : undefined));
  }

  async enter(key: MaintenanceKey, options: MaintainOptions = {}): Promise<Maintenance> {
    const plan = planOf(key, options, this.keeper.store.now());
    const unpark = this.agreement.park();
    try {
      return await this.begin(key, plan);
    } finally {
      unpark();
    }
  }

  /** Runs work inside; what work throws comes out, after the maintenance was left. */
  async run<T>(
    key: MaintenanceKey,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintainOptions,
  ): Promise<T> {
    const unpark = this.agreement.park();
    try {
      const maintenance = await this.enter(key, options);
      try {
        const result = await work(maintenance);
        // what was done after the loss was not protected
        maintenance.signal.throwIfAborted();
        return result;
      } finally {
        await maintenance.leave();
      }
    } finally {
      unpark();
    }
  }

  /** Tells all work to stop, waits for it, and leaves behind what the options say. */
  async shutdown(): Promise<void> {
    this.closing = true;
    const open = [...this.sessions.values()];
    open.forEach(({ lease }) => lease.lose('the application shuts down'));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN)));
    await Promise.race([Promise.all(open.map(({ left }) => left)), late]);
    clearTimeout(timer);
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
    await this.releaseLate();
  }

  private async begin(key: MaintenanceKey, plan: Plan): Promise<Maintenance> {
    const { keeper } = this;
    const hold = randomId();
    await this.hooks.ask(this.expected(key, plan));
    const lease = await this.takeLease(key, hold, plan);
    const release = async (): Promise<void> => {
      await this.leave(key, hold);
      await lease.giveBack();
    };
    let change: MaintenanceChange | null;
    try {
      change = await keeper.write(key.name, (record, now) => {
        const holds = (record?.holds ?? []).filter(
          (other) => !(plan.lock && other.locked && !keeper.isLive(other)),
        );
        const own: HoldRecord = {
          ...plan.notice,
          ...plan.end(now),
          since: Math.floor(now),
          id: hold,
          owner: keeper.replica.id,
          fence: lease.fence,
          locked: plan.lock,
          draining: plan.drain !== false,
        };
        return { ...editOf(record, 'maintain', plan.notice), holds: [...holds, own] };
      });
    } catch (error) {
      // the write may have taken effect: then it must not stay behind
      await release();
      throw error;
    }
    const session = this.open(key, hold, lease, plan, release);
    if (change && !change.from) {
      await this.hooks.tell('entering', change);
    }
    if (plan.drain !== false) {
      try {
        await this.agreement.drained(key.name, hold, change?.revision ?? 0, plan.drain, lease.signal);
      } catch (error) {
        await session.leave();
        throw error;
      }
    }
    return session;
  }

  private open(
    key: MaintenanceKey,
    hold: string,
    lease: HoldLease,
    plan: Plan,
    release: () => Promise<void>,
  ): Session {
    let leaving: Promise<void> | undefined;
    let settled: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (settled = resolve));
    const leave = (): Promise<void> =>
      (leaving ??= release().finally(() => {
        this.sessions.delete(hold);
        settled();
      }));
    const session: Session = {
      key: key.name,
      signal: lease.signal,
      fence: lease.fence,
      hold,
      lease,
      onShutdown: plan.onShutdown,
      left,
      leave,
      [Symbol.asyncDispose]: leave,
    };
    this.sessions.set(hold, session);
    return session;
  }

  private async takeLease(key: MaintenanceKey, hold: string, { lock, blocking }: Plan): Promise<HoldLease> {
    const { keeper } = this;
    await keeper.start();
    const until = performance.now() + blocking;
    for (;;) {
      const lease = await HoldLease.take(keeper, key.name, hold, lock);
      if (lease) {
        return lease;
      }
      const wait = Math.min(until - performance.now(), LOOK_AGAIN);
      if (wait <= 0 || this.closing) {
        throw new MaintenanceLockedError(key.name, blocking === Infinity ? 0 : blocking);
      }
      await nextOrTimeout(keeper.woken, wait);
    }
  }

  /** Takes the hold out of the record; when the store cannot be written, as soon as it can. */
  private async leave(key: MaintenanceKey, hold: string): Promise<void> {
    try {
      const change = await this.keeper.write(key.name, (record) => {
        const mine = record?.holds.find(({ id }) => id === hold);
        return mine && record
          ? { ...editOf(record, 'release', mine), holds: record.holds.filter(({ id }) => id !== hold) }
          : null;
      });
      this.unreleased.delete(hold);
      if (change && change.from && !change.to) {
        await this.hooks.tell('exiting', change);
      }
    } catch (error) {
      this.unreleased.set(hold, key);
      this.warn(`Leaving maintenance key "${key.name}" has to wait for the store: ${messageOf(error)}`);
    }
  }

  private async releaseLate(): Promise<void> {
    for (const [hold, key] of this.unreleased) {
      await this.leave(key, hold);
    }
  }

  /** A hold that is gone from the state is lost: somebody unset the key, or its time is over. */
  private lookAfterHolds(): void {
    const { document, store } = this.keeper;
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

  private expected(key: MaintenanceKey, plan: Plan): MaintenanceChange {
    const { snapshot, store } = this.keeper;
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

/** An edit that leaves the switch as it is. */
function editOf(
  record: KeyRecord | undefined,
  cause: Edit['cause'],
  notice: Pick<HoldRecord, 'message' | 'reason' | 'actor'>,
): Omit<Edit, 'holds'> {
  const { message, reason, actor } = notice;
  return { switch: record?.switch ?? null, cause, message, reason, actor, hooks: true };
}

function planOf(key: MaintenanceKey, options: MaintainOptions, now: number): Plan {
  const {
    timeout,
    lock = true,
    blocking,
    drain = DRAIN,
    message,
    reason,
    actor,
    onShutdown = 'stay',
  } = options;
  const window = timeout === undefined ? {} : { timeout };
  endOf(window, key.timeout, now);
  if (typeof lock !== 'boolean') {
    throw MaintenanceConfigurationError.of('lock', lock, 'a boolean');
  }
  if (drain !== false && (!Number.isSafeInteger(drain) || drain < 0)) {
    throw MaintenanceConfigurationError.of('drain', drain, 'whole milliseconds or false');
  }
  if (onShutdown !== 'stay' && onShutdown !== 'leave') {
    throw MaintenanceConfigurationError.of('onShutdown', onShutdown, "'stay' or 'leave'");
  }
  return {
    lock,
    blocking: blockingOption(blocking),
    drain,
    onShutdown,
    notice: {
      message: textOption('message', message),
      reason: textOption('reason', reason),
      actor: textOption('actor', actor),
    },
    end: (at) => endOf(window, key.timeout, at),
  };
}
