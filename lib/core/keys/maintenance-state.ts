/** One running `maintain()` as key data shows it. @publicApi */
export interface MaintenanceHold {
  /** Random id of this hold. */
  readonly id: string;
  /** Id of the replica that took it. */
  readonly owner: string;
  /** When it was taken. */
  readonly since: Date;
  /** Fencing number, greater than that of every earlier hold of the key. */
  readonly fence: number;
  /**
   * Its process died or lost the store: nobody renews the hold any more, and no later `maintain()` with the key's lock is
   * there to take over from it.
   */
  readonly abandoned: boolean;
}

/** What is known of one key at one moment. Instants are `Date`; `null` where nothing is known. @publicApi */
export interface MaintenanceState {
  /** Is the key in maintenance. */
  readonly value: boolean;
  /** Since when it has been in maintenance without a break. */
  readonly since: Date | null;
  /** The end that was given with the change; a key's own `timeout` is a safety net and not told here. */
  readonly until: Date | null;
  /** For visitors, in place of the built-in sentence. */
  readonly message: string | null;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only. */
  readonly actor: string | null;
  /** Is the operator's switch on, whoever else holds the key. */
  readonly switched: boolean;
  /** The `maintain()` calls that hold the key. */
  readonly holds: readonly MaintenanceHold[];
}

/** The state of a key of which nothing is recorded. */
export const OFF: MaintenanceState = Object.freeze({
  value: false,
  since: null,
  until: null,
  message: null,
  reason: null,
  actor: null,
  switched: false,
  holds: Object.freeze([]),
});
