import type { MaintenanceProgress } from '../progress/maintenance-progress.js';
import type { MaintenanceTexts } from '../texts/maintenance-text.js';

/** One `maintain()` that holds a key. @publicApi */
export interface MaintenanceHold {
  /** Random id of this hold. */
  readonly id: string;
  /** Id of the replica that took it. */
  readonly owner: string;
  /** Host name of its machine; `null` if an older version took it. */
  readonly host: string | null;
  /** Its process id; `null` if an older version took it. */
  readonly pid: number | null;
  /** When it was taken. */
  readonly since: Date;
  /** Fencing number, greater than that of every earlier hold of the key. */
  readonly fence: number;
  /**
   * Whether its process died or lost the store: nobody renews the hold any more, and no later `maintain()` with the key's lock
   * has taken over.
   */
  readonly abandoned: boolean;
}

/**
 * What a key does with requests: nothing (`'open'`, `'announced'`), refuses writes, refuses everything, or lets visitors back in
 * gradually.
 * @publicApi
 */
export type MaintenancePhase = 'open' | 'announced' | 'readOnly' | 'closed' | 'reopening';

/** Where the `maintain()` that holds a key is running. @publicApi */
export interface MaintenanceHolder {
  /** Host name of its machine. */
  readonly host: string;
  /** Its process id. */
  readonly pid: number;
  /** Since when. */
  readonly since: Date;
  /** The step it reports; `null` if it reports none. */
  readonly step: string | null;
}

/** One occurrence of a planned window. @publicApi */
export interface MaintenanceOccurrence {
  /** Id of the window. */
  readonly id: string;
  /** When it starts. */
  readonly start: Date;
  /** When it ends. */
  readonly end: Date;
  /** The announcement for visitors; `null`: the built-in sentence. */
  readonly message: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  readonly messages?: MaintenanceTexts;
}

/** Visitors come back gradually, spread evenly over a period. @publicApi */
export interface MaintenanceReopening {
  /** When the first visitor is let in. */
  readonly from: Date;
  /** When all visitors are. */
  readonly until: Date;
}

/** The state of one key at one moment. `null`: none, or unknown. @publicApi */
export interface MaintenanceState {
  /** Whether the key is in maintenance. */
  readonly value: boolean;
  /** Since when it has been in maintenance without interruption. */
  readonly since: Date | null;
  /** The end that was given with the change; not the key's own `timeout`, which is a safety net. */
  readonly until: Date | null;
  /** When it ends by itself, including by the key's own `timeout`; `null`: never. */
  readonly endsAt: Date | null;
  /** The message for visitors; `null`: the built-in sentence. */
  readonly message: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  readonly messages?: MaintenanceTexts;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only. */
  readonly actor: string | null;
  /** Whether the operator's switch is on, regardless of holds. */
  readonly switched: boolean;
  /** The `maintain()` calls that hold the key. */
  readonly holds: readonly MaintenanceHold[];
  /** The `maintain()` that holds the key now; `null`: none, or it is unknown where it runs. */
  readonly holder: MaintenanceHolder | null;
  /** Progress of the holder's work; `undefined`: it has reported none, and its expected duration is unknown. */
  readonly progress?: MaintenanceProgress;
  /** What the key does with requests; `undefined`: as {@link value} and the key's `readOnly` imply. */
  readonly phase?: MaintenancePhase;
  /** The planned window that is on; `undefined`: none. */
  readonly window?: MaintenanceOccurrence;
  /** The gradual reopening that is going on; `undefined`: there is none, or it is over. */
  readonly reopening?: MaintenanceReopening;
  /** Milliseconds over which visitors will come back when it is over; `undefined`: all at once, as far as is known. */
  readonly reopenOver?: number;
  /** The gradual reopening that will follow; `undefined`: all at once, or the end is unknown. */
  readonly reopens?: MaintenanceReopening;
  /** Planned windows that have been announced and have not started, in order; `undefined`: none. */
  readonly upcoming?: readonly MaintenanceOccurrence[];
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
