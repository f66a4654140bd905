import type { StateStore } from '../store/store.js';
import type { ListConfidence } from './list-confidence.js';
import type { ReplicaLease } from './replica-lease.js';
import type { ReplicaReport } from './replica-report.js';
import type { StateView } from './state-view.js';
import type { StateLog, StoreHealth } from './store-health.js';

/** What syncing needs of its surroundings. */
export interface SyncParts {
  readonly store: StateStore;
  readonly view: StateView;
  readonly lease: ReplicaLease;
  readonly list: ListConfidence;
  readonly touch: StoreHealth;
  readonly log: StateLog;
  /** What this replica tells of itself. */
  readonly report: ReplicaReport;
  /** Milliseconds within which a call of the store must settle. */
  readonly commandTimeout: number;
}

/** Are requests refused by who has lost touch, and by who has never known. */
export interface Caution {
  readonly stale: boolean;
  readonly unknown: boolean;
}
