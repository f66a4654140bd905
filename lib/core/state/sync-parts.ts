import type { StateStore } from '../store/store.js';
import type { ListConfidence } from './list-confidence.js';
import type { ReplicaLease } from './replica-lease.js';
import type { ReplicaReport } from './replica-report.js';
import type { StateView } from './state-view.js';
import type { StateLog, StoreHealth } from './store-health.js';

/** What syncing needs. */
export interface SyncParts {
  readonly store: StateStore;
  readonly view: StateView;
  readonly lease: ReplicaLease;
  readonly list: ListConfidence;
  readonly touch: StoreHealth;
  readonly log: StateLog;
  /** What this replica reports about itself. */
  readonly report: ReplicaReport;
  /** Milliseconds within which a call of the store must settle. */
  readonly commandTimeout: number;
}

/** Whether requests are refused after contact was lost, and before the state was ever read. */
export interface Caution {
  readonly stale: boolean;
  readonly unknown: boolean;
}
