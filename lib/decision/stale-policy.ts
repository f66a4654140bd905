import { OFF, type MaintenanceState } from '../core/keys/maintenance-state.js';
import { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { ResolvedOptions } from '../options/options.js';
import type { StateManager } from '../core/state/state-manager.js';

/** Nothing certain is known, and nothing is admitted on a guess. */
const UNKNOWN: MaintenanceState = Object.freeze({ ...OFF, value: true });

/**
 * What a replica does that has lost touch with the store, or never had it. Its lease has lapsed: one bounded look at the
 * store, and if that fails it goes on with what it last knew, or refuses.
 */
export class StalePolicy {
  private failed = false;

  constructor(
    private readonly manager: StateManager,
    private readonly options: Pick<ResolvedOptions, 'onStale' | 'onUnknown'>,
  ) {}

  /** Are requests refused because nothing certain is known. */
  get blocks(): boolean {
    if (!this.failed || !this.manager.lease.over()) {
      return false;
    }
    const { onStale, onUnknown } = this.options;
    return (this.manager.hasRead ? onStale : onUnknown) === 'block';
  }

  /** The answer to a request that is refused for that; no key is named. */
  status(request: unknown): MaintenanceStatus {
    return new MaintenanceStatus(true, null, request, UNKNOWN);
  }

  async catchUp(): Promise<void> {
    this.failed = !(await this.manager.catchUp());
  }
}
