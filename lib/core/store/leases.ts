/** Names of leases, and the caller that requests them. */
export interface LeaseRequest {
  /** Taken and renewed all together, or not at all. */
  readonly names: readonly string[];
  /** Name of the key they are for. */
  readonly key: string;
  /** Identifies the caller. */
  readonly token: string;
  /** Milliseconds they last unless they are renewed. */
  readonly lease: number;
  /** The highest fence known of the key: the fence that is granted is greater, even by a store that has lost its fences. */
  readonly floor?: number;
  /** The hold that they are for, whose id is the token, was stored: a store that has lost it must get it back first. */
  readonly recorded?: boolean;
}

/** A caller's place in the queue for a key's lock. */
export interface LinePlace {
  /** Whether it stays in the queue if it does not get the lock. */
  readonly waits: boolean;
  /** The ticket it was given before, so that it keeps its place if the store has forgotten the queue; `null` at first. */
  readonly ticket: number | null;
  /** Ids of the holds that the waiting call has: callers that wait for one of these wait for it. */
  readonly held: readonly string[];
}

/** A waiting caller: it waits for the lock of a key, or for a key to open. */
export interface Waiter {
  readonly token: string;
  /** Greater than that of everybody who came before, whatever they wait for. */
  readonly ticket: number;
  /** Name of the key. */
  readonly key: string;
  /** Whether it waits for the key to open; otherwise for its lock. */
  readonly open: boolean;
  /** As in {@link LinePlace}. */
  readonly held: readonly string[];
}

/** The leases were granted. */
export interface Grant {
  /** Greater than that of every earlier grant for the same key. */
  readonly fence: number;
}

/** Another caller has one of the leases, or comes first. */
export interface Denial {
  readonly fence: null;
  /** The caller's ticket; `null` if it does not wait. */
  readonly ticket: number | null;
  /** All waiting callers, this one included. */
  readonly waiters: readonly Waiter[];
  /** Milliseconds for which somebody may have the lock without the store knowing, because it has lost its memory; otherwise 0. */
  readonly unsure: number;
}

/**
 * Leases: locks of keys, each with a queue, and what keeps holds alive. Every call settles by its `deadline` (ms on the monotonic
 * clock) and rejects with a `MaintenanceStoreError` if the store did not answer.
 */
export interface LeaseStore {
  /**
   * Some holder has a lease of that many ms: for that long nobody else may be granted a lock that the store may have forgotten.
   */
  heed?(lease: number): void;
  /**
   * Takes leases and the next fence of the key.
   * @param line given if the key's lock is among them: it is granted in order of arrival
   */
  acquire(request: LeaseRequest, line: LinePlace | null, deadline: number): Promise<Grant | Denial>;
  /**
   * Lets others see that a caller waits for a key to open. Visible only for a while, so it is repeated while the wait lasts.
   * @param ticket from the previous call
   */
  enlist(
    waiter: Pick<Waiter, 'token' | 'key' | 'held'>,
    ticket: number | null,
    deadline: number,
  ): Promise<Denial>;
  /**
   * Renews leases. Those that the store has lost are taken again, unless somebody else has had the lock in the meantime.
   * @param fence the fence that was granted with them
   * @returns `false` if they are no longer the caller's; `'early'` if the store has lost them together with their hold, which has
   *   to be put back first
   */
  renew(request: LeaseRequest, fence: number, deadline: number): Promise<boolean | 'early'>;
  /** Gives back those of the leases that are the caller's, and its place in the queue. */
  release(names: readonly string[], token: string, deadline: number): Promise<void>;
}

/** Name of the lease that keeps a hold alive. */
export const leaseOfHold = (id: string): string => `hold:${id}`;
/** Name of the lease that is a key's lock. */
export const leaseOfKey = (key: string): string => `lock:${key}`;
