/** Names of leases, and the caller that asks for them. */
export interface LeaseRequest {
  /** Taken, and prolonged, all or none. */
  readonly names: readonly string[];
  /** Name of the key they are for. */
  readonly key: string;
  /** Tells the caller from others. */
  readonly token: string;
  /** Milliseconds they last unless they are prolonged. */
  readonly lease: number;
  /** The highest fence known of the key: what is granted is greater, also by a store that has lost its fences. */
  readonly floor?: number;
  /** The hold that they are for, named by the token, was stored: a store that has lost it has to have it back first. */
  readonly recorded?: boolean;
}

/** How somebody stands in the line for a key's lock. */
export interface LinePlace {
  /** Does it stay in the line when it does not get the lock. */
  readonly waits: boolean;
  /** The place it was given before, so that it keeps it when the store has forgotten the line; `null` at first. */
  readonly ticket: number | null;
  /** Ids of the holds that the waiting call has: callers that wait for one of these wait for it. */
  readonly held: readonly string[];
}

/** Somebody who waits: for the lock of a key, or for a key to be open. */
export interface Waiter {
  readonly token: string;
  /** Greater than that of all who came before, whatever they wait for. */
  readonly ticket: number;
  /** Name of the key. */
  readonly key: string;
  /** For the key to be open; else for its lock. */
  readonly open: boolean;
  /** As in {@link LinePlace}. */
  readonly held: readonly string[];
}

/** The leases were taken. */
export interface Grant {
  /** Greater than that of every earlier grant for the same key. */
  readonly fence: number;
}

/** Somebody else has one of the leases, or comes first. */
export interface Denial {
  readonly fence: null;
  /** The caller's place; `null` when it does not wait. */
  readonly ticket: number | null;
  /** All who wait, the caller included. */
  readonly waiters: readonly Waiter[];
  /** Milliseconds for which somebody may have the lock without the store knowing, which has lost its memory; else 0. */
  readonly unsure: number;
}

/**
 * Leases: locks of keys with a line before each, and what keeps holds alive. Every call settles by its `deadline` (ms on the
 * monotonic clock) and rejects with a `MaintenanceStoreError` when the store did not answer.
 */
export interface LeaseStore {
  /**
   * Some holder has a lease of that many ms: for as long others must not be granted a lock that the store may have forgotten.
   */
  heed?(lease: number): void;
  /**
   * Takes leases and the next fence of the key.
   * @param line given when the key's lock is among them: it is taken in order of arrival
   */
  acquire(request: LeaseRequest, line: LinePlace | null, deadline: number): Promise<Grant | Denial>;
  /**
   * Lets others see that somebody waits for a key to be open. Seen for a while only: repeated as long as it waits.
   * @param ticket from the call before
   */
  enlist(
    waiter: Pick<Waiter, 'token' | 'key' | 'held'>,
    ticket: number | null,
    deadline: number,
  ): Promise<Denial>;
  /**
   * Prolongs leases. What the store has lost is taken again, unless somebody else had the lock meanwhile.
   * @param fence what was granted with them
   * @returns `false` when they are no longer the caller's; `'early'` when the store has lost them, and the hold that they are for,
   *   which has to be put back first
   */
  renew(request: LeaseRequest, fence: number, deadline: number): Promise<boolean | 'early'>;
  /** Gives back what is the caller's of these, and its place in the line. */
  release(names: readonly string[], token: string, deadline: number): Promise<void>;
}

/** Name of the lease that keeps a hold alive. */
export const leaseOfHold = (id: string): string => `hold:${id}`;
/** Name of the lease that is a key's lock. */
export const leaseOfKey = (key: string): string => `lock:${key}`;
