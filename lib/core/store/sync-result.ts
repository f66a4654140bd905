import type { KeyRecord } from '../document/record.js';
import type { Version } from '../document/version.js';

/** A record as the store returns it. */
export type StoredRecord =
  | {
      readonly record: KeyRecord;
      /** It is a write of this process that was given up on and has taken effect since. */
      readonly late?: boolean;
    }
  | {
      /** Why it cannot be read. */
      readonly unreadable: string;
      /** A newer version of this library wrote it: it must stay as it is. */
      readonly newer: boolean;
      /** The id to expect when it is overwritten. */
      readonly mark: string;
    };

/** Records that the store returns. */
export interface StoredRecords {
  /** Whether these are all of its records; otherwise those written since the known version. */
  readonly all: boolean;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

/** The result of one sync. */
export interface SyncResult {
  /** The version of the store. */
  readonly version: Version;
  /** `undefined` if nothing was written since the known version. */
  readonly stored: StoredRecords | undefined;
  /** Why none of it can be read; then {@link stored} is `undefined`. */
  readonly unreadable?: string;
  /** It cannot be read because a newer version of this library wrote it, and must stay as it is. */
  readonly newer?: boolean;
  /** Names of the leases that are alive. */
  readonly leases: ReadonlySet<string>;
  /** Whether the presence was recorded. */
  readonly present: boolean;
  /** Why the store, although it could be read, rejects the presence, in its own words. */
  readonly refused?: string;
  /** It had been recorded before and was gone: others may have been forgotten, too. */
  readonly relisted?: boolean;
  /**
   * Milliseconds for which replicas may exist that the store does not list: it has only just started or lost its data, its clock
   * has jumped, or nobody has looked for a while.
   */
  readonly unsure?: number;
  /** Identifies the list of replicas: it changes once the store has lost the list, or another server has taken over. */
  readonly list?: string;
  /**
   * Milliseconds for which a store without records may have lost what others know. Until somebody has put it back, a process that
   * knows nothing takes that as unknown, not as off.
   */
  readonly emptyFor?: number;
}
