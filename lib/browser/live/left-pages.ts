import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** Where this tab remembers which page it has left last, or the address that a form was sent to since. */
const REMEMBERED = 'maintenance:left';

/**
 * What this tab remembers.
 * @param next replaces it: of a form, the address that it is sent to, since what comes from there is the answer
 * @returns `undefined`: the browser keeps nothing
 */
export function remember(next?: string): unknown {
  try {
    return next === undefined ? sessionStorage[REMEMBERED] : (sessionStorage[REMEMBERED] = next);
  } catch {
    return undefined;
  }
}

/**
 * A page is left once per state: one that turns out to be served nevertheless must not be reloaded again and again.
 *
 * @param seen has the state changed before its eyes; where the browser keeps nothing only such a page is left
 */
export function mayLeave(
  { revision, maintenanceMode, until }: MaintenanceStatusMessage,
  seen: boolean,
): unknown {
  // planned windows begin and end without a write, each with an end of its own
  const mark = JSON.stringify([location.href, revision, maintenanceMode, until]);
  return remember() !== mark && (remember(mark) || seen);
}

/**
 * The page was not left after all, or has seen the opposite state, so that the next one is another even if it looks the same: a ping
 * has no revision.
 */
export function forgetLeft(): void {
  remember('');
}
