import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { withoutHold, type LeaseView } from '../document/holds.js';
import { HEARTBEAT } from '../state/replica-lease.js';
import type { StateManager } from '../state/state-manager.js';
import { messageOf } from '../errors/message-of.js';

/** Takes holds out of the state; what the store refuses now is tried again until it does not. */
export class HoldReleases {
  private readonly waiting = new Map<string, { key: MaintenanceKey; takeover: LeaseView | undefined }>();
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * Never rejects.
   * @param takeover given when its work has begun, see {@link withoutHold}
   */
  async release(key: MaintenanceKey, hold: string, takeover?: LeaseView): Promise<void> {
    try {
      const change = await this.manager.write(key.name, (record) => withoutHold(record, hold, takeover));
      this.waiting.delete(hold);
      if (change?.from && !change.to) {
        await this.hooks.notify('exiting', change);
      }
    } catch (error) {
      if (!this.waiting.has(hold)) {
        this.waiting.set(hold, { key, takeover });
        this.warn(`Leaving maintenance key "${key.name}" has to wait for the store: ${messageOf(error)}`);
      }
      this.tryAgain();
    }
  }

  /** The last attempt, when the application shuts down. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.releaseAll();
  }

  private tryAgain(): void {
    if (this.closed) {
      return;
    }
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      void this.releaseAll();
    }, HEARTBEAT).unref();
  }

  private async releaseAll(): Promise<void> {
    for (const [hold, { key, takeover }] of this.waiting) {
      await this.release(key, hold, takeover);
    }
  }
}
