import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { withoutHold, type LeaseView } from '../document/holds.js';
import { retryDelay } from '../common/backoff.js';
import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { messageOf } from '../errors/message-of.js';

/**
 * Takes holds out of the state. What the store does not take now is tried again until it does: less often the longer it refuses
 * that, and at once when it is well again.
 */
export class HoldReleases {
  private readonly waiting = new Map<string, { key: MaintenanceKey; takeover: LeaseView | undefined }>();
  private retry: NodeJS.Timeout | undefined;
  /** Certain refusals in a row. */
  private refusals = 0;
  private closed = false;

  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
    private readonly warn: (message: string) => void,
  ) {
    manager.health$.subscribe(({ up }) => (up ? this.tryNow() : undefined));
  }

  /**
   * Never rejects.
   * @param takeover given when its work has begun, see {@link withoutHold}
   */
  async release(key: MaintenanceKey, hold: string, takeover?: LeaseView): Promise<void> {
    try {
      const change = await this.manager.write(key.name, (record) => withoutHold(record, hold, takeover));
      this.waiting.delete(hold);
      this.refusals = 0;
      if (change?.from && !change.to) {
        await this.hooks.notify('exiting', change);
      }
    } catch (error) {
      if (!this.waiting.has(hold)) {
        this.waiting.set(hold, { key, takeover });
        this.warn(`Leaving maintenance key "${key.name}" has to wait for the store: ${messageOf(error)}`);
      }
      this.tryAgain(error);
    }
  }

  /** The last attempt, when the application shuts down. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.releaseAll();
  }

  private tryAgain(error: unknown): void {
    if (this.closed || this.retry !== undefined) {
      return;
    }
    const refused = error instanceof MaintenanceStoreError && error.outcome === 'refused';
    this.refusals = refused ? this.refusals + 1 : 0;
    this.retry = setTimeout(() => this.tryNow(), retryDelay(this.refusals)).unref();
  }

  private tryNow(): void {
    if (this.retry !== undefined) {
      clearTimeout(this.retry);
      this.retry = undefined;
      void this.releaseAll();
    }
  }

  private async releaseAll(): Promise<void> {
    for (const [hold, { key, takeover }] of this.waiting) {
      await this.release(key, hold, takeover);
    }
  }
}
