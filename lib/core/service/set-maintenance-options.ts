/** What `setMaintenance()` may be told. @publicApi */
export interface SetMaintenanceOptions {
  /**
   * Milliseconds; 0 is for ever. `null`: the key's own timeout, as a safety net visitors do not hear of. Not with `until`.
   * Default: the end that a key which is on has already, else as `null`.
   */
  timeout?: number | null;
  /** The moment it ends by itself. `null`: as `timeout: null`. */
  until?: Date | null;
  /** What visitors read; `null`: the built-in sentence. Default: what they read of a key that is on already, else as `null`. */
  message?: string | null;
  /** For operators only; `null`: none. Default: that of a key which is on already, else none. */
  reason?: string | null;
  /** For operators only. */
  actor?: string | null;
  /**
   * While a `maintain()` has the key's lock: `true` waits for it, in order of arrival, a number waits that many ms. Default
   * `false`: changes at once.
   */
  blocking?: boolean | number;
  /** Ends the wait for the lock: the call rejects with its reason, and nothing changes. */
  signal?: AbortSignal;
  /** `false`: hooks are not called for this change. Default `true`. */
  callHooks?: boolean;
  /** Milliseconds to wait until every live replica has applied the change; the change then says who has and who has not. */
  acknowledge?: number;
  /** Only if the key's last change is still that one (`MaintenanceChange.revision`; 0: it was never changed). Default: whatever it is. */
  ifRevision?: number;
}

export const SET_OPTIONS: readonly string[] = [
  'timeout',
  'until',
  'message',
  'reason',
  'actor',
  'blocking',
  'signal',
  'callHooks',
  'acknowledge',
  'ifRevision',
] satisfies (keyof SetMaintenanceOptions)[];
