import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { entriesArisen, MOST_ARISEN, notedUntil } from './arisen.js';
import { readNote } from './entry-record.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

/**
 * Whether something that seemed to happen to a key by itself has happened, by what is known now: somebody may have changed the key
 * before, of whom this process had not heard. Who changes it later records what had happened by then.
 * @throws MaintenanceStoreError
 */
export async function hasHappened(
  manager: StateManager,
  { key, id, event, at }: Pick<MaintenanceHistoryEntry, 'key' | 'id' | 'event' | 'at'>,
): Promise<boolean> {
  const { document, store } = manager;
  if (!store.clustered) {
    // it may have been recorded elsewhere
    return true;
  }
  const record = document?.keys.get(key);
  const moment = at.getTime();
  const arisen = record ? entriesArisen(key, record, moment, Math.max(notedUntil(record), moment - 1)) : [];
  const isIt = (entry: MaintenanceHistoryEntry | undefined): boolean =>
    entry?.id === id && entry.event === event;
  if (arisen.some(isIt)) {
    return true;
  }
  try {
    const notes = await store.history.read(MOST_ARISEN, undefined, manager.deadline());
    return notes.some((note) => isIt(readNote(note)));
  } catch (error) {
    // who may not read it will not be able to later either
    if (error instanceof MaintenanceStoreError && error.outcome === 'refused') {
      return true;
    }
    throw error;
  }
}
