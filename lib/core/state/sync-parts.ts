import type { StateStore } from '../store/store.js';
import type { ListConfidence } from './list-confidence.js';
import type { ReplicaLease } from './replica-lease.js';
import type { ReplicaReport } from './replica-report.js';
import type { StateView } from './state-view.js';
import type { StoreHealth } from './store-health.js';

/** What syncing needs of its surroundings. */
export interface SyncParts {
  readonly store: StateStore;
  readonly view: StateView;
  readonly lease: ReplicaLease;
  readonly list: ListConfidence;
  readonly touch: StoreHealth;
  readonly warn: (message: string) => void;
  /** What this replica tells of itself. */
  readonly report: ReplicaReport;
  /** When a call that begins now must have settled. */
  readonly deadline: () => number;
  readonly caution: () => Caution;
}

/** Are requests refused by who has lost touch, and by who has never known. */
export interface Caution {
  readonly stale: boolean;
  readonly unknown: boolean;
}
