import { Subject } from 'rxjs';
import { LongTimer } from '../core/common/long-timer.js';
import { OFF, type MaintenanceState } from '../core/keys/maintenance-state.js';
import { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { ResolvedOptions } from '../options/options.js';
import type { StateManager } from '../core/state/state-manager.js';

/** Nothing certain is known, and no call is admitted on a guess. */
export const UNKNOWN: MaintenanceState = Object.freeze({ ...OFF, value: true });

const monotonic = (): number => performance.now();

/**
 * What a replica does that has lost contact with the store, or never had any. When its lease has lapsed it takes one bounded
 * look at the store; if that fails, it goes on with the last known state, or refuses.
 */
export class StalePolicy {
  /** Emits when {@link blocks} has changed, even if no request arrives: open pages need to know. */
  readonly changes = new Subject<void>();
  private failed = false;
  private told = false;
  private readonly timer = new LongTimer();

  constructor(
    private readonly manager: StateManager,
    private readonly options: Pick<ResolvedOptions, 'onStale' | 'onUnknown'>,
  ) {
    if (options.onStale === 'block' || options.onUnknown === 'block') {
      manager.caution = { stale: options.onStale === 'block', unknown: options.onUnknown === 'block' };
      manager.lease.lapses.subscribe(() => queueMicrotask(() => this.found()));
      manager.health$.subscribe({
        next: ({ up }) => (up ? this.found() : this.lost()),
        complete: () => this.timer.clear(),
      });
    }
  }

  /** Whether requests are refused because nothing certain is known, or because this replica has left and no drain waits for it. */
  get blocks(): boolean {
    const { lease } = this.manager;
    if (lease.isResigned) {
      return true;
    }
    if (!this.failed || !lease.over()) {
      return false;
    }
    const { onStale, onUnknown } = this.options;
    return (this.manager.hasRead ? onStale : onUnknown) === 'block';
  }

  /** The status of a request that is refused for that reason; no key is named. */
  status(request: unknown): MaintenanceStatus {
    return new MaintenanceStatus(true, null, request, UNKNOWN);
  }

  async catchUp(): Promise<void> {
    this.failed = !(await this.manager.catchUp());
    this.tell();
  }

  /** If no request triggers the look by then, the end of the lease does. */
  private lost(): void {
    const { lease } = this.manager;
    this.timer.set(monotonic() + lease.left(), monotonic, () => {
      if (lease.lapsed()) {
        void this.catchUp();
      }
    });
  }

  private found(): void {
    this.timer.clear();
    this.failed &&= this.manager.lease.over();
    this.tell();
  }

  private tell(): void {
    const { blocks } = this;
    if (this.told !== blocks) {
      this.told = blocks;
      this.changes.next();
    }
  }
}
