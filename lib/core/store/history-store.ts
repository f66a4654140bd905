import type { HistoryNote } from '../history/entry-record.js';

/** An entry as a store has it. */
export interface StoredNote extends Omit<HistoryNote, 'id'> {
  /** Where it stands, for {@link HistoryStore.read}. */
  readonly place: string;
  /** When it was stored, epoch ms. */
  readonly stored: number;
}

/**
 * Keeps what was done to keys: the last of it, in the order in which it was stored. Every call settles by its `deadline` (ms on the
 * monotonic clock), with a `MaintenanceStoreError` when the store did not answer.
 */
export interface HistoryStore {
  /**
   * Reads the newest entries first.
   * @param before only those that were stored before the one at this place
   */
  read(limit: number, before: string | undefined, deadline: number): Promise<readonly StoredNote[]>;
  /** Adds what was no change of a record, unless one of the last entries has the same id. */
  add(note: HistoryNote, deadline: number): Promise<void>;
}
