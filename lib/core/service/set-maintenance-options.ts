import type { MaintenanceText } from '../texts/maintenance-text.js';

/** Options of `service.setMaintenance()`. @publicApi */
export interface MaintenanceSetOptions {
  /**
   * Milliseconds until it ends by itself; 0: no end. `null`: the key's own timeout, as a safety net that visitors do not see; beside
   * an `until`, `null` counts as not given. Not together with `until`; no effect with `setMaintenance(false)`. Default: keeps the
   * end of a key that is on; otherwise as `null`.
   */
  timeout?: number | null;
  /**
   * When it ends by itself. `null`: as `timeout: null`; beside a `timeout`, it counts as not given. Not together with `timeout`; no
   * effect with `setMaintenance(false)`.
   */
  until?: Date | null;
  /**
   * The message for visitors, one or one per language: `{ '': 'Back soon', de: 'Gleich zurück' }`. `null`: the built-in sentence.
   * Default: keeps the message of a key that is on; otherwise as `null`.
   */
  message?: MaintenanceText | null;
  /** Why, for operators only; `null`: none. Default: keeps the reason of a key that is on; otherwise none. */
  reason?: string | null;
  /** Who makes the change, for operators only; `null`: nobody named. Not kept from an earlier change. Default `null`. */
  actor?: string | null;
  /**
   * Only with `setMaintenance(false)`: milliseconds over which visitors come back, each at a moment of their own, at most a day; 0:
   * all at once. For a key that a `maintain()` still holds it counts when the key opens. During a gradual reopening, it sets the
   * remaining time; without it, all visitors are let in. Default: the `reopenOver` of the planned window that is ended by it, if
   * there is one; otherwise 0.
   */
  reopenOver?: number;
  /**
   * While a `maintain()` has the key's lock: `true` waits for it, in order of arrival; a number waits that many milliseconds;
   * `false` changes at once. Default `false`.
   */
  blocking?: boolean | number;
  /**
   * Ends the wait for the lock: the call rejects with its reason, and nothing changes. Without `blocking` there is no wait: it counts
   * only if it has aborted before the call.
   */
  signal?: AbortSignal;
  /** Whether hooks are called for this change. Default `true`. */
  callHooks?: boolean;
  /**
   * Milliseconds to wait until every live replica has applied the change; `acknowledged` and `missing` of the change name them.
   * Default: does not wait.
   */
  acknowledge?: number;
  /** Change the key only if this is still its last change (`MaintenanceChange.revision`; 0: never changed). Default: unconditionally. */
  ifRevision?: number;
}

/** Options of `service.unsetMaintenance()`. @publicApi */
export type MaintenanceUnsetOptions = Pick<MaintenanceSetOptions, 'reason' | 'actor' | 'ifRevision'>;

export const UNSET_OPTIONS: readonly string[] = [
  'reason',
  'actor',
  'ifRevision',
] satisfies (keyof MaintenanceUnsetOptions)[];

export const SET_OPTIONS: readonly string[] = [
  'timeout',
  'until',
  'message',
  'reason',
  'actor',
  'reopenOver',
  'blocking',
  'signal',
  'callHooks',
  'acknowledge',
  'ifRevision',
] satisfies (keyof MaintenanceSetOptions)[];
