import { byItself } from '../calls/by-itself.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { withoutHold, type LeaseView } from '../document/holds.js';
import { retryDelay } from '../common/backoff.js';
import { MaintenanceStoreError } from '../errors/errors.js';
import type { HoldLease } from '../state/hold-lease.js';
import type { StateManager } from '../state/state-manager.js';
import { messageOf } from '../errors/message-of.js';

/** A hold that was left. */
interface LeftHold {
  readonly key: MaintenanceKey;
  readonly takeover: LeaseView | undefined;
  readonly lease: Pick<HoldLease, 'giveBack'> | undefined;
  /** Whether it is out of the state. */
  gone: boolean;
}

/**
 * Takes holds out of the state, and gives back their leases. What the store rejects is retried until it succeeds: less often the
 * longer that takes, and at once when the store is well again.
 */
export class HoldReleases {
  private readonly waiting = new Map<string, LeftHold>();
  /** Attempts that wait for the store. */
  private readonly attempts = new Set<Promise<void>>();
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
   * @param lease given back once the state is written, or that has failed
   */
  release(
    key: MaintenanceKey,
    hold: string,
    takeover?: LeaseView,
    lease?: Pick<HoldLease, 'giveBack'>,
  ): Promise<void> {
    const attempt = this.attempt(hold, { key, takeover, lease, gone: false });
    this.attempts.add(attempt);
    return attempt.finally(() => this.attempts.delete(attempt));
  }

  /** The last attempt, when the application shuts down. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await Promise.all(this.attempts);
    await this.releaseAll();
  }

  private async attempt(hold: string, left: LeftHold): Promise<void> {
    const failure = left.gone ? undefined : await this.leave(hold, left);
    const givenBack = (await left.lease?.giveBack()) ?? true;
    if (failure === undefined && givenBack) {
      this.waiting.delete(hold);
      this.refusals = 0;
      return;
    }
    if (!this.waiting.has(hold)) {
      this.waiting.set(hold, left);
      const why = failure === undefined ? 'its lock could not be released' : messageOf(failure);
      this.warn(`Leaving maintenance key "${left.key.name}" has to wait for the store: ${why}`);
    }
    this.tryAgain(failure);
  }

  /** @returns the store's error if it failed */
  private async leave(hold: string, left: LeftHold): Promise<unknown> {
    const { key, takeover } = left;
    try {
      const change = await this.manager.write(key.name, (record) => withoutHold(record, hold, takeover));
      left.gone = true;
      if (change?.from && !change.to) {
        await this.hooks.notify('exiting', change);
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private tryAgain(failure: unknown): void {
    if (this.closed || this.retry !== undefined) {
      return;
    }
    const refused = failure instanceof MaintenanceStoreError && failure.outcome === 'refused';
    this.refusals = refused ? this.refusals + 1 : 0;
    this.retry = setTimeout(() => byItself(() => this.tryNow()), retryDelay(this.refusals)).unref();
  }

  private tryNow(): void {
    if (this.retry !== undefined) {
      clearTimeout(this.retry);
      this.retry = undefined;
      void this.releaseAll();
    }
  }

  private async releaseAll(): Promise<void> {
    for (const [hold, left] of this.waiting) {
      await this.attempt(hold, left);
    }
  }
}
