import { MaintenanceLockLostError } from '../errors/errors.js';
import { LOCK_LEASE } from './replica-lease.js';
import type { StateManager } from './state-manager.js';
import { leaseOfHold, leaseOfKey } from './state-view.js';

/** The leases behind one `maintain()`: taken together, renewed together, watched until they are given back. */
export class HoldLease {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private guard: NodeJS.Timeout | undefined;
  private readonly disown: () => void;
  private until = Infinity;
  private given = false;

  private constructor(
    private readonly manager: StateManager,
    private readonly key: string,
    readonly id: string,
    private readonly names: readonly string[],
    readonly fence: number,
    from: number,
  ) {
    this.disown = manager.holding(id);
    this.watch(from);
  }

  /** Aborts when the leases are lost before they were given back. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** On the monotonic clock: what is written in the name of the hold is written before this, or not at all. */
  get end(): number {
    return this.until;
  }

  /**
   * @param lock also take the key's lock
   * @returns `null` when somebody else has the lock
   * @throws MaintenanceStoreError
   */
  static async take(
    manager: StateManager,
    key: string,
    id: string,
    lock: boolean,
  ): Promise<HoldLease | null> {
    const { store } = manager;
    const from = performance.now();
    const names = lock ? [leaseOfKey(key), leaseOfHold(id)] : [leaseOfHold(id)];
    try {
      const grant = await store.acquire(names, key, id, LOCK_LEASE, manager.deadline());
      return grant && new HoldLease(manager, key, id, names, grant.fence, from);
    } catch (error) {
      // perhaps it was granted all the same; what cannot be given back now runs out by itself
      store.release(names, id, manager.deadline()).catch(() => undefined);
      throw error;
    }
  }

  /** The hold is gone from the state: somebody unset the key, or its time is over. */
  lose(why: string): void {
    if (!this.given && !this.signal.aborted) {
      this.disown();
      this.controller.abort(new MaintenanceLockLostError(this.key, why));
    }
  }

  /** The work is over: nothing is lost any more. */
  close(): void {
    this.given = true;
    clearInterval(this.timer);
    clearTimeout(this.guard);
  }

  /** Gives the leases back; what cannot be given back runs out by itself. */
  async giveBack(): Promise<void> {
    this.close();
    this.disown();
    await this.manager.store.release(this.names, this.id, this.manager.deadline()).catch(() => undefined);
  }

  private watch(from: number): void {
    if (!this.manager.store.clustered) {
      // leases within one process do not run out
      return;
    }
    this.trust(from);
    this.timer = setInterval(() => void this.renew(), LOCK_LEASE / 3);
    this.timer.unref();
  }

  /** The work is told somewhat before others may take over. */
  private trust(from: number): void {
    clearTimeout(this.guard);
    this.until = from + LOCK_LEASE * 0.9;
    this.guard = setTimeout(
      () => this.lose('its lease could not be renewed in time'),
      Math.max(0, this.until - performance.now()),
    );
    this.guard.unref();
  }

  private async renew(): Promise<void> {
    const from = performance.now();
    try {
      if (await this.manager.store.renew(this.names, this.id, LOCK_LEASE, this.manager.deadline())) {
        if (!this.given) {
          this.trust(from);
        }
      } else {
        this.lose('its lease was lost');
      }
    } catch {
      // tried again with the next interval, until the guard gives up
    }
  }
}
