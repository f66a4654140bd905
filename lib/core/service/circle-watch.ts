import { heldBy } from '../calls/call.js';
import { currentCall } from '../calls/current-call.js';
import { randomId } from '../document/codec.js';
import { MaintenanceLockedError, MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { blockersIn, closesCircle } from './deadlock.js';

/** Milliseconds between two looks; shorter than a waiter is remembered. */
const LOOK_INTERVAL = 250;

/**
 * Checks whether a call that waits for keys to open is waiting for itself: it holds one of them, or their holder waits for a key
 * that the call holds. A call that holds no key cannot close a circle, and costs nothing here.
 */
export class CircleWatch {
  private readonly held = heldBy(currentCall()).map(({ hold }) => hold);
  private readonly id = randomId();
  private readonly tickets = new Map<string, number | null>();

  constructor(private readonly manager: StateManager) {}

  /** Milliseconds after which to look again; `undefined` if no circle is possible. */
  get interval(): number | undefined {
    return this.held.length > 0 ? LOOK_INTERVAL : undefined;
  }

  /**
   * @param keys names of the keys that are on
   * @throws MaintenanceLockedError
   */
  async look(keys: readonly string[]): Promise<void> {
    const { store, document } = this.manager;
    if (this.held.length === 0) {
      return;
    }
    for (const key of keys) {
      const waiter = { token: `${this.id}.${key}`, key, held: this.held };
      try {
        const { ticket, waiters } = await store.leases.enlist(
          waiter,
          this.tickets.get(key) ?? null,
          this.manager.deadline(),
        );
        this.tickets.set(key, ticket);
        const place = { ...waiter, open: true, ticket: ticket ?? Infinity };
        if (closesCircle(place, waiters, blockersIn(document))) {
          throw new MaintenanceLockedError(key, { deadlock: true });
        }
      } catch (error) {
        // while the store is unreachable nobody can tell
        if (!(error instanceof MaintenanceStoreError)) {
          throw error;
        }
      }
    }
  }

  /** Nobody is waiting any more. */
  leave(): void {
    const { store } = this.manager;
    for (const key of this.tickets.keys()) {
      store.leases.release([], `${this.id}.${key}`, this.manager.deadline()).catch(() => undefined);
    }
  }
}
