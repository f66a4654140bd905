import { OFF, type MaintenanceState } from '../keys/maintenance-state.js';
import { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { StateKeeper } from '../state/state-keeper.js';

/** Nothing certain is known, and nothing is admitted on a guess. */
const UNKNOWN: MaintenanceState = Object.freeze({ ...OFF, value: true });

/**
 * What a replica does that has lost touch with the store. Its lease has lapsed: one bounded look at the store, and if
 * that fails it goes on with what it last knew, or refuses.
 */
export class StalePolicy {
  private failed = false;

  constructor(
    private readonly keeper: StateKeeper,
    private readonly onStale: 'serve' | 'block',
  ) {}

  /** Are requests refused because nothing certain is known. */
  get blocks(): boolean {
    return this.failed && this.onStale === 'block' && this.keeper.lease.over();
  }

  /** The answer to a request that is refused for that; no key is named. */
  status(request: unknown): MaintenanceStatus {
    return new MaintenanceStatus(true, null, request, UNKNOWN);
  }

  async catchUp(): Promise<void> {
    this.failed = !(await this.keeper.catchUp());
  }
}
