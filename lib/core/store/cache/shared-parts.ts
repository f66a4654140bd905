import { Mutex } from '../../common/mutex.js';
import { HistoryTable } from './history-table.js';
import { LeaseTable } from './lease-table.js';
import { ProgressTable } from './progress-table.js';
import { OnceTable } from './once-table.js';
import type { StoreListener } from '../store.js';

/** What the applications of this process share that use the same cache. */
export class SharedParts {
  readonly leases = new LeaseTable();
  readonly once = new OnceTable();
  readonly history = new HistoryTable();
  readonly progress = new ProgressTable(this.leases);
  /** The replicas that have these leases, including those that were closed. */
  readonly replicas = new Set<string>();
  private readonly listeners = new Set<StoreListener>();

  /** @param mutex one for all writes to the cache */
  constructor(readonly mutex: Mutex) {}

  /** An application hears what the others do, until the returned function is called. */
  join(listener: StoreListener): () => void {
    this.listeners.add(listener);
    const unsubscribe = this.leases.onRelease(() => listener.woken());
    return () => {
      unsubscribe();
      this.listeners.delete(listener);
    };
  }

  /** One application has changed the state: the others look at once, not with their next poll. */
  written(by: StoreListener | undefined): void {
    this.listeners.forEach((other) => other !== by && other.pushed());
  }
}

const perCache = new WeakMap<object, { mutex: Mutex; parts: Map<string, SharedParts> }>();

/** The same object for all that name the same cache and namespace. */
export function sharedParts(cache: object, namespace: string): SharedParts {
  const known = perCache.get(cache) ?? { mutex: new Mutex(), parts: new Map<string, SharedParts>() };
  perCache.set(cache, known);
  const parts = known.parts.get(namespace) ?? new SharedParts(known.mutex);
  known.parts.set(namespace, parts);
  return parts;
}
