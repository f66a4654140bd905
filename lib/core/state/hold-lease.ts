import type { Subscription } from 'rxjs';
import { createAbortController } from '../common/abort-signals.js';
import { MaintenanceLockLostError } from '../errors/errors.js';
import { leaseOfHold, leaseOfKey, type LeaseRequest } from '../store/leases.js';
import type { StateManager } from './state-manager.js';

/** What the leases behind one `maintain()` are requested with. */
export const leasesOf = (key: string, id: string, lock: boolean, lease: number): LeaseRequest => ({
  names: lock ? [leaseOfKey(key), leaseOfHold(id)] : [leaseOfHold(id)],
  key,
  token: id,
  lease,
});

/** Most milliseconds between two renewals, however long the lease is: others want to know whether the holder is alive. */
const LONGEST_INTERVAL = 5_000;

/** The leases behind one `maintain()`: taken together, renewed together, watched until they are given back. */
export class HoldLease {
  private readonly controller = createAbortController();
  private timer: NodeJS.Timeout | undefined;
  private guard: NodeJS.Timeout | undefined;
  private readonly disown: () => void;
  private reconnects: Subscription | undefined;
  private renewing: Promise<void> | undefined;
  private until = Infinity;
  private given = false;
  private recorded = false;
  private lost = false;

  /** @param from monotonic moment before they were requested */
  constructor(
    private readonly manager: StateManager,
    private readonly request: LeaseRequest,
    readonly fence: number,
    from: number,
  ) {
    this.disown = manager.holds.holding(request.token);
    this.watch(from);
  }

  /** Aborts when the leases are lost before they were given back. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** On the monotonic clock: what is written in the name of the hold is written before this, or not at all. */
  get deadline(): number {
    return this.until;
  }

  /** Milliseconds left of that; 0 once the leases are lost, or given back. */
  get remaining(): number {
    return this.lost || this.given ? 0 : Math.max(0, this.until - performance.now());
  }

  /** The hold was stored: a store that loses it gets it back before the lock is taken again. */
  hasBeenRecorded(): void {
    this.recorded = true;
  }

  /** Asks the work to end; until it has, nobody can take over the leases. */
  stop(why: string): void {
    if (!this.given && !this.signal.aborted) {
      this.disown();
      this.controller.abort(new MaintenanceLockLostError(this.request.key, why));
    }
  }

  /**
   * The hold is gone from the state: work that goes on anyway must not keep others from the lock. A `maintain()` that is leaving
   * gives it back itself.
   */
  end(why: string): void {
    if (this.given) {
      return;
    }
    this.stop(why);
    void this.giveBack();
  }

  /** The work is over: nothing can be lost any more. */
  close(): void {
    this.given = true;
    this.rest();
  }

  /**
   * Gives the leases back; what cannot be given back expires by itself, but can be given back until then.
   * @returns whether the store has taken them
   */
  async giveBack(): Promise<boolean> {
    this.close();
    this.disown();
    // a later one would take them again
    await this.renewing;
    const { store } = this.manager;
    const { names, token } = this.request;
    return store.leases.release(names, token, this.manager.deadline()).then(
      () => true,
      () => this.isOver,
    );
  }

  /** Whether they have expired in the store as well. */
  private get isOver(): boolean {
    return performance.now() > this.until + this.request.lease * 0.1;
  }

  private watch(from: number): void {
    if (!this.manager.store.clustered) {
      // leases within one process do not expire
      return;
    }
    this.trust(from);
    this.timer = setInterval(() => this.renew(), Math.min(this.request.lease / 3, LONGEST_INTERVAL));
    this.timer.unref();
    // the store may have lost them: taken again before others can
    this.reconnects = this.manager.reconnected.subscribe(() => this.renew());
  }

  /** The signal aborts somewhat before others may take over. */
  private trust(from: number): void {
    clearTimeout(this.guard);
    this.until = from + this.request.lease * 0.9;
    this.guard = setTimeout(
      () => this.lose('its lease could not be renewed in time'),
      Math.max(0, this.until - performance.now()),
    );
    this.guard.unref();
  }

  /** They are, or may be, somebody else's by now: they are not requested again. */
  private lose(why: string): void {
    this.lost = true;
    this.rest();
    this.stop(why);
  }

  private rest(): void {
    clearInterval(this.timer);
    clearTimeout(this.guard);
    this.reconnects?.unsubscribe();
  }

  private renew(): void {
    this.renewing ??= this.prolong().finally(() => (this.renewing = undefined));
  }

  private async prolong(): Promise<void> {
    try {
      if ((await this.ask()) === 'early') {
        // the exchange puts back what the store has lost
        await this.manager.sync();
        await this.ask();
      }
    } catch {
      // tried again with the next interval, until the guard gives up
    }
  }

  private async ask(): Promise<boolean | 'early'> {
    const { leases } = this.manager.store;
    const from = performance.now();
    const deadline = Math.min(this.manager.deadline(), this.until);
    const renewed = await leases.renew({ ...this.request, recorded: this.recorded }, this.fence, deadline);
    if (renewed === false) {
      this.lose('its lease was lost');
    } else if (renewed === true && !this.given && performance.now() < this.until) {
      this.trust(from);
    }
    return renewed;
  }
}
