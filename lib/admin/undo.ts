import type { Notice } from '../core/document/record.js';
import type { KeptEntry } from '../core/history/entry-record.js';
import type { MaintenanceHistoryEntry } from '../core/history/maintenance-history-entry.js';
import { isPending } from '../core/windows/occurrences.js';
import { isReadable, type WindowRecord } from '../core/windows/window-record.js';
import type { Undo, UndoWindow } from './page-data.js';

/**
 * How to undo the last change of a key's switch; `null` if impossible: something has changed since, a job or a window made it,
 * or the earlier end is in the past by now. Jobs that an unset stopped do not come back.
 * @param revision of the key's last change
 * @param now epoch ms by the store's clock
 */
export function undoOf(
  { cause, event, way, revision: made, switched, previous, switchBefore }: UndoneEntry,
  revision: number,
  now: number,
): Undo | null {
  const ofSwitch = (cause === 'set' || cause === 'unset') && byPeople(way);
  if (!ofSwitch || made !== revision || !['entering', 'exiting', 'changed'].includes(event)) {
    return null;
  }
  if (!previous.switched) {
    return switched ? { mode: false } : null;
  }
  const { message, reason, until, announced } = switchBefore ?? describeSwitch(previous);
  if (until !== null && until <= now) {
    return null;
  }
  return {
    mode: true,
    message,
    reason,
    // an end that visitors did not see was the key's safety net, or none
    ...(until !== null && announced
      ? { until: new Date(until).toISOString() }
      : { timeout: until === null ? 0 : null }),
  };
}

/** What a change needs to be undone. */
type UndoneEntry = MaintenanceHistoryEntry & Pick<KeptEntry, 'switchBefore'>;

/** A switch that was all that kept its key on. */
const describeSwitch = ({
  message,
  messages,
  reason,
  until,
  endsAt,
}: MaintenanceHistoryEntry['previous']): Pick<Notice, 'message' | 'reason' | 'until' | 'announced'> => ({
  message: messages ?? message,
  reason,
  until: (until ?? endsAt)?.getTime() ?? null,
  announced: until !== null,
});

/**
 * How to undo the last change of a planned window, also if an operator ended it early; `null` if impossible: something of its key has
 * changed since, or its time is over.
 * @param present the window as it is now
 * @param revision of the key's last change
 * @param now epoch ms by the store's clock
 */
export function undoOfWindow(
  { way, revision: made, windowBefore }: KeptEntry,
  present: WindowRecord | undefined,
  revision: number,
  now: number,
): UndoWindow | null {
  if (windowBefore === undefined || !byPeople(way) || made !== revision) {
    return null;
  }
  const isToCome = (window: WindowRecord | undefined): boolean =>
    window !== undefined && isReadable(window) && isPending(window, now);
  if (windowBefore === null) {
    return isToCome(present) ? { window: 'cancel' } : null;
  }
  return isToCome(windowBefore) ? { window: 'restore' } : null;
}

const byPeople = (way: MaintenanceHistoryEntry['way']): boolean => way !== 'expiry' && way !== 'window';
