import { messageOf } from '../errors/message-of.js';
import type { SyncParts } from './sync-parts.js';

/** Reports that may be under way at a time: more are not needed to report each change within a round trip. */
const MOST_AT_ONCE = 8;

/**
 * Reports to the store that this replica has applied what came by push, or what it has written itself. Several changes in a row are
 * reported together, and a report does not wait for an exchange that is under way.
 */
export class Acknowledgements {
  private soon: NodeJS.Immediate | undefined;
  private running = 0;
  private waiting = false;

  /** @param exchange does what a report alone cannot */
  constructor(
    private readonly parts: Pick<SyncParts, 'store' | 'view' | 'report' | 'log' | 'commandTimeout'>,
    private readonly exchange: () => void,
  ) {}

  /** Whether the last change may not have been reported yet. */
  get isUnderWay(): boolean {
    return this.soon !== undefined || this.running > 0;
  }

  /** There is something to report. */
  due(): void {
    if (this.running >= MOST_AT_ONCE) {
      this.waiting = true;
    } else {
      this.soon ??= setImmediate(() => {
        this.soon = undefined;
        this.report().catch((error: unknown) => {
          // a key of a module that was loaded since cannot be registered
          this.parts.log.warn(messageOf(error));
          this.exchange();
        });
      });
    }
  }

  stop(): void {
    clearImmediate(this.soon);
    this.soon = undefined;
    this.waiting = false;
  }

  private async report(): Promise<void> {
    const { store, view, report, commandTimeout } = this.parts;
    const { version } = view;
    const presence = report.presence();
    // an exchange that is repeated might take back that this replica no longer is an observer: only another exchange says so
    const isSame = presence.observer === report.passesForObserver;
    if (!store.acknowledge || !version || !view.isComplete || !isSame) {
      this.exchange();
      return;
    }
    this.running++;
    try {
      if (await store.acknowledge(version, presence, performance.now() + commandTimeout)) {
        view.confirm(version);
      } else {
        this.exchange();
      }
    } catch {
      // the exchange says what is wrong
      this.exchange();
    } finally {
      this.running--;
      if (this.waiting) {
        this.waiting = false;
        this.due();
      }
    }
  }
}
