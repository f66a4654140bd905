/** One running `maintain()` as key data shows it. @publicApi */
export interface MaintenanceHold {
  /** Random id of this hold. */
  readonly id: string;
  /** Id of the replica that took it. */
  readonly owner: string;
  /** Name of its machine; `null` where an older version took it. */
  readonly host: string | null;
  /** Its process; `null` where an older version took it. */
  readonly pid: number | null;
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

/** What a key does to requests: nothing, announced, refuses writes, refuses all, lets visitors back bit by bit. @publicApi */
export type MaintenancePhase = 'open' | 'announced' | 'readOnly' | 'closed' | 'reopening';

/** Who holds a key by `maintain()`. @publicApi */
export interface MaintenanceHolder {
  /** Name of its machine. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** Since when. */
  readonly since: Date;
  /** What it is at, in its own words. */
  readonly step: string | null;
}

/** What is known of one key at one moment. Instants are `Date`; `null` where nothing is known. @publicApi */
export interface MaintenanceState {
  /** Is the key in maintenance. */
  readonly value: boolean;
  /** Since when it has been in maintenance without a break. */
  readonly since: Date | null;
  /** The end that was given with the change; a key's own `timeout` is a safety net and not told here. */
  readonly until: Date | null;
  /** When it ends by itself, also where that is only the key's own `timeout`; `null`: never. */
  readonly endsAt: Date | null;
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
  /** The `maintain()` that has the key now; `null` when there is none, or nothing is known of where it runs. */
  readonly holder: MaintenanceHolder | null;
  /** What the key does to requests; `undefined`: what follows from {@link value} and the key's `readOnly`. */
  readonly phase?: MaintenancePhase;
}

/** The state of a key of which nothing is recorded. */
export const OFF: MaintenanceState = Object.freeze({
  value: false,
  since: null,
  until: null,
  endsAt: null,
  message: null,
  reason: null,
  actor: null,
  switched: false,
  holds: Object.freeze([]),
  holder: null,
});
