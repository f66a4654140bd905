import type { Maintenance } from './maintenance.js';
import type { MaintainPlan } from './maintain-plan.js';
import type { ProgressReporter } from '../progress/progress-reporter.js';
import type { HeldKey } from '../calls/call.js';
import { withDeadline } from '../common/with-deadline.js';
import type { LeaseView } from '../document/holds.js';
import type { HoldLease } from '../state/hold-lease.js';

/** Milliseconds a shutdown waits for work that was asked to stop. */
const SHUTDOWN = 10_000;
/** The same without work: nobody can tell whether it is going to be left. */
const SHUTDOWN_ENTERED = 3_000;

/** A `maintain()` in progress, and the handle that its caller holds. */
export class Session implements HeldKey {
  readonly handle: Maintenance;
  /** Settles when it was left. */
  readonly left: Promise<void>;
  /** Set when its work begins: then it has taken over what those left behind that had the lock and died. */
  takeover: LeaseView | undefined;
  private settle: () => void = () => undefined;
  private leaving: Promise<void> | undefined;
  /** Whether it has work that ends it. */
  private working = false;

  /**
   * @param key name of the key
   * @param hold id of the hold that keeps it in maintenance
   * @param release takes the hold out of the state and gives the lease back; never rejects
   */
  constructor(
    readonly key: string,
    readonly hold: string,
    readonly lease: HoldLease,
    private readonly plan: Pick<MaintainPlan, 'lock' | 'keepLock' | 'onShutdown'>,
    private readonly release: (takeover?: LeaseView) => Promise<void>,
    private readonly reporter: ProgressReporter,
  ) {
    this.left = new Promise((resolve) => (this.settle = resolve));
    const leave = (): Promise<void> => this.leave();
    const { signal, fence } = lease;
    const remaining = (): number => (this.leaving || this.isLost ? 0 : lease.remaining);
    const progress: Maintenance['progress'] = (value, options) => reporter.tell(value, options);
    this.handle = { key, signal, fence, remaining, progress, leave, [Symbol.asyncDispose]: leave };
  }

  /** Whether it still has the key's lock. */
  get locked(): boolean {
    return this.plan.lock && !this.lease.signal.aborted;
  }

  /** Whether others may have the lock by now, or soon, although it was not left. */
  private get isLost(): boolean {
    return this.lease.signal.aborted && !this.plan.keepLock;
  }

  /** Its hold is gone from the state. It may keep the lock until it is left nevertheless. */
  end(why: string): void {
    if (this.plan.keepLock) {
      this.lease.stop(why);
    } else {
      this.lease.end(why);
    }
  }

  /** Whether nobody else may have the lock until its work is over. */
  get keepsLock(): boolean {
    return this.plan.keepLock && this.working;
  }

  get onShutdown(): MaintainPlan['onShutdown'] {
    return this.plan.onShutdown;
  }

  /** A second call waits for the first. */
  leave(): Promise<void> {
    this.reporter.end();
    return (this.leaving ??= this.release(this.takeover).finally(() => this.settle()));
  }

  /** Runs its work; its signal aborts when the application shuts down. */
  works(): void {
    this.working = true;
  }

  /** Settles when it was left, or when a shutdown stops waiting for it. */
  inPatience(): Promise<void> {
    const patience = this.working ? SHUTDOWN : SHUTDOWN_ENTERED;
    return withDeadline(this.left, patience, () => undefined).catch(() => undefined);
  }
}
