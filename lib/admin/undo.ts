import type { MaintenanceHistoryEntry } from '../core/history/maintenance-history-entry.js';
import type { Undo } from './page-data.js';

/**
 * How the last change of a key is taken back; `null` where it cannot be: something has changed since, a job or a window did it, or what
 * was before has its end behind it by now.
 * @param revision of the key's last change
 * @param now epoch ms by the store's clock
 */
export function undoOf(
  { cause, event, way, revision: made, switched, previous }: MaintenanceHistoryEntry,
  revision: number,
  now: number,
): Undo | null {
  const byPeople = cause === 'set' && way !== 'expiry' && way !== 'window';
  if (!byPeople || made !== revision || !['entering', 'exiting', 'changed'].includes(event)) {
    return null;
  }
  if (!previous.switched) {
    return switched ? { mode: false } : null;
  }
  const { message, messages, reason, until, endsAt } = previous;
  const ends = until ?? endsAt;
  if (ends && ends.getTime() <= now) {
    return null;
  }
  return {
    mode: true,
    message: messages ?? message,
    reason,
    // an end that visitors did not see was the key's safety net, or none
    ...(until ? { until: until.toISOString() } : { timeout: endsAt ? null : 0 }),
  };
}
