import type { HistoryNote } from '../history/entry-record.js';

/** An entry as a store has it. */
export interface StoredNote extends Omit<HistoryNote, 'id'> {
  /** Its position, for {@link HistoryStore.read}. */
  readonly place: string;
  /** When it was stored, epoch ms. */
  readonly stored: number;
}

/**
 * Keeps the latest history of the keys, in the order in which it was stored. Every call settles by its `deadline` (ms on the
 * monotonic clock), with a `MaintenanceStoreError` if the store did not answer.
 */
export interface HistoryStore {
  /**
   * Reads entries, newest first.
   * @param before only entries that were stored before the one at this position
   */
  read(limit: number, before: string | undefined, deadline: number): Promise<readonly StoredNote[]>;
  /** Adds an entry that is no change of a record, unless one of the last entries has the same id. */
  add(note: HistoryNote, deadline: number): Promise<void>;
}
