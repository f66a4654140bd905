import type { StateManager } from '../state/state-manager.js';
import { entriesArisen, MOST_ARISEN, notedUntil } from './arisen.js';
import { readNote, type KeptEntry } from './entry-record.js';
import type { HistoryQuery } from './history-query.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

/** Entries that are read from the store at once. */
const PAGE = 200;

/**
 * Reads the history: what was stored with changes, and what has happened by itself since the last change of each key, which
 * follows from its record.
 */
export class HistoryReader {
  constructor(private readonly manager: StateManager) {}

  /** Newest first. @throws MaintenanceStoreError */
  async read({ key, since, limit }: HistoryQuery): Promise<KeptEntry[]> {
    const { manager } = this;
    // in this order: what is written meanwhile appears in both, rather than in neither
    await manager.refresh();
    const found = new Map<string, KeptEntry>(this.arisen(key, limit).map((entry) => [entry.id, entry]));
    const isAsked = (entry: MaintenanceHistoryEntry): boolean =>
      (key === undefined || entry.key === key) && entry.at.getTime() >= since;
    const size = key === undefined ? Math.min(PAGE, limit) : PAGE;
    let place: string | undefined;
    for (let count = 0; count < limit;) {
      // for each page the time of a call of its own: from far away, all together take longer
      const page = await manager.store.history.read(size, place, manager.deadline());
      for (const note of page) {
        const entry = readNote(note);
        if (entry && isAsked(entry)) {
          count++;
          found.set(entry.id, entry);
        }
      }
      place = page.at(-1)?.place;
      if (place === undefined || page.length < size || (page.at(-1)?.stored ?? 0) < since) {
        break;
      }
    }
    return [...found.values()].filter(isAsked).sort(newestFirst).slice(0, limit);
  }

  /** What is not in the store yet. */
  private arisen(key: string | undefined, limit: number): MaintenanceHistoryEntry[] {
    const { document, store } = this.manager;
    const now = Math.floor(store.now());
    const most = Math.min(limit, MOST_ARISEN);
    return [...(document?.live ?? [])]
      .filter(([name]) => key === undefined || name === key)
      .flatMap(([name, record]) => entriesArisen(name, record, now, notedUntil(record), most));
  }
}

const newestFirst = (a: MaintenanceHistoryEntry, b: MaintenanceHistoryEntry): number =>
  b.at.getTime() - a.at.getTime() || b.revision - a.revision;
