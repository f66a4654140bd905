import { heldBy } from '../calls/call.js';
import { currentCall } from '../calls/current-call.js';
import { orAborted } from '../common/or-aborted.js';
import { MaintenanceError, MaintenanceLockedError, MaintenanceStoreError } from '../errors/errors.js';
import { HoldLease } from '../state/hold-lease.js';
import type { StateManager } from '../state/state-manager.js';
import { leaseOfKey, type Denial, type LeaseRequest, type Waiter } from '../store/leases.js';
import { blockersIn, closesCircle } from './deadlock.js';
import { wasCutOff } from '../store/was-cut-off.js';

/** Milliseconds between two looks at a lock, in addition to notifications. Shorter than a waiter is remembered. */
const POLL_INTERVAL = 250;
/** How often it may begin anew that the store does not know who has locks, for those who would wait no longer. */
const MOST_LOSSES = 5;
/** Milliseconds by which that must end later than expected to have begun anew. */
const LATER = 1_000;

/** How long to wait for leases. */
export interface LockPatience {
  /** Milliseconds; 0 does not wait. */
  readonly blocking: number;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

/** Takes leases, and waits for the locks among them in order of arrival. */
export class LockWait {
  private closing = false;
  /** Calls that are asking for leases. */
  private readonly asking = new Set<Promise<unknown>>();
  /** Leases on their way back to the store. */
  private readonly returned = new Set<Promise<unknown>>();
  /** The highest fence that this process was granted, per key. */
  private readonly fences = new Map<string, number>();

  constructor(private readonly manager: StateManager) {}

  /** Nobody gets a lease any more, and those who wait give up. */
  close(): void {
    this.closing = true;
    this.manager.notifier.call();
  }

  /** Settles when nothing is on its way back to the store any more: the connection may be closed. */
  async settled(): Promise<void> {
    // what is being requested now is given back as well
    await Promise.allSettled(this.asking);
    await Promise.all(this.returned);
  }

  /** @throws MaintenanceError when the application shuts down */
  refuseWhenClosing(key: string): void {
    if (this.closing) {
      throw new MaintenanceError(
        `The application is shutting down; maintenance of key "${key}" was not started.`,
      );
    }
  }

  /**
   * @throws MaintenanceLockedError, MaintenanceStoreError, MaintenanceError when the application shuts down, and the reason of the
   * signal
   */
  async take(request: LeaseRequest, patience: LockPatience): Promise<HoldLease> {
    const asking = this.ask(request, patience);
    this.asking.add(asking);
    try {
      return await asking;
    } finally {
      this.asking.delete(asking);
    }
  }

  private async ask(request: LeaseRequest, patience: LockPatience): Promise<HoldLease> {
    const { manager } = this;
    const { key, names, token } = request;
    const held = heldBy(currentCall());
    const locks = names.includes(leaseOfKey(key));
    if (locks && held.some((own) => own.key === key && own.locked)) {
      throw new MaintenanceLockedError(key, { deadlock: true });
    }
    await manager.start();
    try {
      return await this.wait(
        request,
        locks ? { token, key, open: false, held: held.map(({ hold }) => hold) } : null,
        patience,
      );
    } catch (error) {
      // perhaps it was granted after all; what cannot be given back now expires by itself
      const given = manager.store.leases.release(names, token, manager.deadline()).catch(() => undefined);
      this.returned.add(given);
      void given.then(() => this.returned.delete(given));
      throw error;
    }
  }

  private async wait(
    request: LeaseRequest,
    waiter: Omit<Waiter, 'ticket'> | null,
    { blocking, signal }: LockPatience,
  ): Promise<HoldLease> {
    const { manager } = this;
    const until = performance.now() + blocking;
    let ticket: number | null = null;
    let askedAgain = false;
    let losses = 0;
    let certain = -Infinity;
    for (;;) {
      this.refuseWhenClosing(request.key);
      signal?.throwIfAborted();
      const { mark } = manager.notifier;
      const from = performance.now();
      const line = waiter && { waits: blocking > 0, ticket, held: waiter.held };
      const deadline = manager.deadline();
      let unsure = 0;
      try {
        const floor = this.floorOf(request.key);
        const asked = manager.store.leases.acquire({ ...request, floor }, line, deadline);
        const answer = await orAborted(asked, signal);
        if (answer.fence !== null) {
          this.refuseWhenClosing(request.key);
          this.fences.set(request.key, answer.fence);
          return new HoldLease(manager, request, answer.fence, from);
        }
        ({ ticket, unsure } = answer);
        this.refuseDeadlock(waiter, answer);
      } catch (error) {
        // what was granted is granted to the same caller again
        if (!askedAgain && wasCutOff(error, deadline)) {
          askedAgain = true;
          continue;
        }
        // those who wait for the lock also wait for the store
        if (ticket === null || !(error instanceof MaintenanceStoreError) || performance.now() >= until) {
          throw error;
        }
      }
      const now = performance.now();
      if (unsure > 0 && now + unsure > certain + LATER) {
        certain = now + unsure;
        losses++;
      }
      if (now >= until && losses > MOST_LOSSES) {
        throw new MaintenanceStoreError(
          `Who has the lock of key "${request.key}" is not known: the store loses its leases again and again, perhaps because it evicts entries.`,
          'refused',
        );
      }
      // it is not known yet whether the lock is taken: that is awaited in any case
      const left = Math.max(until - now, unsure);
      if (left <= 0) {
        throw new MaintenanceLockedError(request.key, { waited: blocking });
      }
      await manager.notifier.wait(mark, Math.min(left, POLL_INTERVAL), signal, Infinity);
    }
  }

  /** The highest fence known of a key: a store that has lost its data may have forgotten it. */
  private floorOf(key: string): number {
    const recorded = this.manager.document?.keys.get(key)?.fence ?? 0;
    return Math.max(recorded, this.fences.get(key) ?? 0);
  }

  private refuseDeadlock(waiter: Omit<Waiter, 'ticket'> | null, { ticket, waiters }: Denial): void {
    if (
      waiter &&
      ticket !== null &&
      closesCircle({ ...waiter, ticket }, waiters, blockersIn(this.manager.document))
    ) {
      throw new MaintenanceLockedError(waiter.key, { deadlock: true });
    }
  }
}
