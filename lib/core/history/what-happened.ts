import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { entriesArisen, MOST_ARISEN, notedUntil } from './arisen.js';
import { readNote, toEntry } from './entry-record.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

type Named = Pick<MaintenanceHistoryEntry, 'key' | 'id' | 'event' | 'at'>;

/**
 * What seemed to happen to a key by itself, by what is known now: somebody may have changed the key before, of whom this process had
 * not heard. Who changes it later records what had happened by then.
 * @returns `undefined` if it has not happened
 * @throws MaintenanceStoreError
 */
export async function whatHappened<E extends Named>(
  manager: StateManager,
  seemed: E,
): Promise<E | MaintenanceHistoryEntry | undefined> {
  const { key, id, at } = seemed;
  const { document, store } = manager;
  if (!store.clustered) {
    // others may have recorded it for themselves
    return seemed;
  }
  const record = document?.keys.get(key);
  const moment = at.getTime();
  const arisen = record ? entriesArisen(key, record, moment, Math.max(notedUntil(record), moment - 1)) : [];
  const found = arisen.find((entry) => entry.id === id);
  if (found) {
    return found;
  }
  try {
    const notes = await store.history.read(MOST_ARISEN, undefined, manager.deadline());
    const noted = notes.map(readNote).find((entry) => entry?.id === id);
    // of a history that does not reach back so far, or is not kept, nothing follows
    const reachesBack = notes.some((note) => note.at < moment);
    return noted ? toEntry(noted) : reachesBack ? undefined : seemed;
  } catch (error) {
    if (error instanceof MaintenanceStoreError && error.outcome === 'refused') {
      // who may not read it may not read it later either
      return seemed;
    }
    throw error;
  }
}
