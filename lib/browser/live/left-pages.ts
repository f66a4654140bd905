import type { MaintenanceStatusMessage } from '../../client/status-message.js';

const REMEMBERED = 'maintenance:left';

/**
 * A page is left once per state: one that turns out to be served nevertheless must not be reloaded again and again.
 *
 * @param seen has the state changed before its eyes; where the browser keeps nothing only such a page is left
 */
export function mayLeave(
  { revision, maintenanceMode, until }: MaintenanceStatusMessage,
  seen: boolean,
): boolean {
  // planned windows begin and end without a write, each with an end of its own
  const mark = JSON.stringify([location.href, revision, maintenanceMode, until]);
  try {
    if (sessionStorage.getItem(REMEMBERED) === mark) {
      return false;
    }
    sessionStorage.setItem(REMEMBERED, mark);
  } catch {
    return seen;
  }
  return true;
}

/**
 * The page was not left after all, or has seen the opposite state, so that the next one is another even if it looks the same: a ping
 * has no revision.
 */
export function forgetLeft(): void {
  try {
    sessionStorage.removeItem(REMEMBERED);
  } catch {
    // nothing is kept
  }
}
