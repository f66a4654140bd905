import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import type { SeenReplica } from '../store/store.js';

/** Milliseconds between two looks at the other replicas, besides being woken by them. */
const POLL_INTERVAL = 100;

/** The other replicas, as the store lists them: those that are alive, and those that are silent and not known to be gone. */
export class Peers {
  constructor(private readonly manager: StateManager) {}

  /**
   * Asked again until the time is over when the store does not answer.
   * @throws MaintenanceStoreError, or what the signal was aborted with
   */
  async look(until: number, signal?: AbortSignal): Promise<SeenReplica[]> {
    const { store, replica } = this.manager;
    if (!store.clustered) {
      return [];
    }
    for (;;) {
      const { mark } = this.manager.notifier;
      try {
        const all = await store.replicas(this.manager.deadline());
        const others = all.filter(({ id }) => id !== replica.id);
        if (others.length === all.length) {
          // its own entry is lost, and others' may be: the exchange that records it again notes that
          await this.manager.sync();
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

  /** Waits until somebody tells something new, or it is time to look again. */
  async wait(mark: number, until: number, signal?: AbortSignal): Promise<void> {
    const timeout = Math.max(0, Math.min(POLL_INTERVAL, until - performance.now()));
    await this.manager.notifier.wait(mark, timeout, signal);
  }
}
