/**
 * A maintenance under way: what `service.maintain()` gives. Leave it with `await using`, or call {@link leave}.
 * @publicApi
 */
export interface Maintenance extends AsyncDisposable {
  /** Name of the key. */
  readonly key: string;
  /**
   * Aborts with a `MaintenanceLockLostError` when the maintenance is lost before it was left: its lease ran out, its time was
   * over, or an operator unset the key. Others may take the lock from then on. Pass it on to what the work calls.
   */
  readonly signal: AbortSignal;
  /**
   * Only grows from one maintenance of the key to the next: hand it to what you write to, so that it can refuse a holder
   * that lost its lease and does not know yet.
   */
  readonly fence: number;
  /**
   * Milliseconds for which the lock is certainly this holder's if it is not renewed any more, by the monotonic clock: for work
   * that must be over before others may begin. 0 once it is lost, `Infinity` without Redis.
   */
  remaining(): number;
  /** Ends the maintenance; the second call does nothing. Never rejects: what the store refused now is tried again later. */
  leave(): Promise<void>;
}

/** Options of `service.maintain()`. @publicApi */
export interface MaintainOptions {
  /** Milliseconds after which the key opens again even if work never ends; 0 is never. Default: the key's own timeout. */
  timeout?: number;
  /** Take the key's lock, so that one `maintain()` at a time works on it. Default `true`. */
  lock?: boolean;
  /**
   * When the lock is taken: `false` rejects at once, `true` waits, a number waits that many ms. Who waits is served in order
   * of arrival, over all replicas, and goes on waiting while Redis restarts. Default `false`.
   */
  blocking?: boolean | number;
  /** Ends the wait, for the lock and for what has to drain: `maintain()` rejects with its reason. Not heeded once work runs. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait until no request is running any more that the key refuses, on any replica; `false` starts at once.
   * Default 10,000.
   */
  drain?: number | false;
  /** What visitors read. */
  message?: string;
  /** For operators only. */
  reason?: string;
  /** For operators only. */
  actor?: string;
  /**
   * What becomes of the key when the application shuts down and the work has not ended in time: `'stay'` leaves it on,
   * marked as abandoned, since the work may be half done; `'leave'` opens it. Default `'stay'`.
   */
  onShutdown?: 'stay' | 'leave';
  /**
   * Milliseconds that lock and key outlive the last renewal, 3,000 to 3,600,000: how long others wait when this process dies, and how
   * long the work may go on when Redis is away. Default 6,000.
   */
  lease?: number;
  /**
   * Keep the lock until the maintenance is left, also when it was lost by an operator's `unsetMaintenance()` or by its `timeout`: for
   * work that takes a while to stop and must never run beside the next. Default `false`: the lock is free at once.
   */
  keepLock?: boolean;
}
