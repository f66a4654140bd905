import type { HistoryNote } from '../../history/entry-record.js';
import type { HistoryStore, StoredNote } from '../history-store.js';

/** The history in the memory of this process. */
export class HistoryTable implements HistoryStore {
  private notes: (StoredNote & HistoryNote)[] = [];
  private count = 0;
  private most = Infinity;

  read(limit: number, before: string | undefined): Promise<readonly StoredNote[]> {
    const end = before === undefined ? Infinity : Number(before);
    const older = this.notes.filter(({ place }) => Number(place) < end);
    return Promise.resolve(older.slice(-limit).reverse());
  }

  add(note: HistoryNote): Promise<void> {
    if (!this.notes.some(({ id }) => id === note.id)) {
      this.keep([note], this.most);
    }
    return Promise.resolve();
  }

  /** Adds what was written. */
  keep(notes: readonly HistoryNote[], most: number): void {
    this.most = most;
    for (const note of notes) {
      this.notes.push({ ...note, place: String(++this.count), stored: Date.now() });
    }
    this.notes.splice(0, this.notes.length - most);
  }
}
