import type { MaintenanceText } from '../texts/maintenance-text.js';
import type {
  MaintenanceProgressOptions,
  MaintenanceProgressValue,
} from '../progress/maintenance-progress.js';

/**
 * A maintenance in progress: the result of `service.maintain()`. Leave it with `await using`, or call {@link leave}.
 * @publicApi
 */
export interface Maintenance extends AsyncDisposable {
  /** Name of the key. */
  readonly key: string;
  /**
   * Aborts with a `MaintenanceLockLostError` when the maintenance is lost before it is left: its lease ran out, its time is
   * over, an operator unset the key, or the application is shutting down. From then on others may take the lock. Pass it on to what
   * the work calls.
   */
  readonly signal: AbortSignal;
  /**
   * Fencing number; it only grows from one maintenance of the key to the next. Pass it to what you write to, so that this can reject a
   * holder that has lost its lease and does not know it yet.
   */
  readonly fence: number;
  /**
   * Milliseconds for which this holder keeps the lock even if it is no longer renewed, by the monotonic clock; for work that must end
   * before others begin. 0 once it is left, and once the signal has aborted, unless `keepLock` keeps the lock: without that, the
   * lock is free before this time if somebody unsets the key, or its `timeout` is over. Until then `Infinity` without Redis.
   */
  remaining(): number;
  /**
   * Reports the progress of the work to operators and, with `public`, to visitors. The last report counts; it reaches the store and
   * other replicas at most once a second, and is gone when the maintenance is left or its process dies. Nothing waits for it.
   * Before the end no more than 99 % is shown.
   * @throws MaintenanceConfigurationError
   * @example
   * ```ts
   * await service.maintain('import-export', async (m) => {
   *   for (const [done, row] of rows.entries()) {
   *     await importRow(row);
   *     m.progress({ done: done + 1, total: rows.length }, { step: 'Prices', public: true });
   *   }
   * });
   * ```
   */
  progress(value: MaintenanceProgressValue, options?: MaintenanceProgressOptions): void;
  /** Ends the maintenance; further calls do nothing. It never rejects: if the store fails, it retries in the background. */
  leave(): Promise<void>;
}

/** Options of `service.maintain()`. @publicApi */
export interface MaintenanceHoldOptions {
  /** Milliseconds after which the key opens even if the work has not ended; 0: never. Default: the key's own timeout. */
  timeout?: number;
  /** Take the key's lock, so that only one `maintain()` of the key runs at a time. Default `true`. */
  lock?: boolean;
  /**
   * If the lock is taken: `false` rejects at once, `true` waits, a number waits that many milliseconds. Waiting callers are served in
   * order of arrival, across all replicas, and keep waiting while Redis restarts. With `lock: false` there is nothing to wait for.
   * Default `false`.
   */
  blocking?: boolean | number;
  /** Ends the wait for the lock and the drain: `maintain()` rejects with its reason. Ignored once the work is running. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait until no replica is running a request that the key refuses; `false` starts at once.
   * Default 10,000.
   */
  drain?: number | false;
  /** The message for visitors, one or one per language. */
  message?: MaintenanceText;
  /** For operators only. */
  reason?: string;
  /** For operators only. */
  actor?: string;
  /**
   * What happens to the key if the application shuts down and the work does not end in time: `'stay'` leaves it on,
   * marked as abandoned, since the work may be half done; `'leave'` opens it. Default `'stay'`.
   */
  onShutdown?: 'stay' | 'leave';
  /**
   * Milliseconds that lock and key outlive their last renewal, 3,000 to 3,600,000: others wait two seconds longer when this process
   * dies, and the work may go on for nine tenths of it while Redis is unreachable. Without Redis, they last as long as the process.
   * Default 6,000.
   */
  lease?: number;
  /**
   * Keep the lock until the maintenance is left, even if an operator unset the key or its `timeout` is over, or until the work is over
   * if the application shuts down meanwhile; for work that takes a while to stop and must not overlap with the next. Not together with `lock: false`. Default `false`: the lock is free at once.
   */
  keepLock?: boolean;
  /**
   * Milliseconds that the work is expected to take: an estimate of its progress is shown before it reports any, and the event
   * `'overrun'` says when it takes longer. Default: unknown.
   */
  expected?: number;
}
