import type { Connection } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { spreadOf, type Leave } from './leave.js';

/** The cookie by which the server knows a visitor, and the number of places. */
const COOKIE = 'maintenance-visitor=';
const PLACES = 1e6;

/**
 * Ms after the beginning at which a place has its turn.
 * @param place from 0 (the first) to 1
 */
export const turnOf = (
  { from, until }: NonNullable<MaintenanceStatusMessage['reopening']>,
  place: number,
): number => place * (Date.parse(until) - Date.parse(from));

/** `NaN` without a place: parseInt() makes a text of what it gets, also of `undefined`. */
const readPlace = (): number => parseInt(document.cookie.split(COOKIE)[1] as string) / PLACES;

/**
 * This browser's place in the line. A page without one takes one, so that it comes at its own moment and is admitted then.
 * @returns `NaN` where the browser keeps none
 */
export function takePlace(): number {
  try {
    if (isNaN(readPlace())) {
      const secure = location.protocol === 'https:' ? ';secure' : '';
      document.cookie = `${COOKIE}${Math.floor(Math.random() * PLACES)};path=/;samesite=lax${secure}`;
    }
    return readPlace();
  } catch {
    return NaN;
  }
}

/** Ms after which the server is asked once more: longer than it is waited for. */
const ASKED_AGAIN = 15_000;

/**
 * Asks when this visitor's turn is, unless that is known already: only the server knows, by its clock or by who the visitor is.
 * @param wait receives the ms until then, 0 if it has come, the message until then, and what asks once more
 */
export function askForTurn(
  connection: Connection,
  leave: Leave,
  before: MaintenanceStatusMessage | undefined,
  wait: (ms: number, message: string | null, again: () => void) => void,
): void {
  const again = (): void => void ask();
  async function ask(): Promise<void> {
    if (!connection.status?.reopening) {
      return;
    }
    // until there is an answer the page is kept
    leave.after(ASKED_AGAIN, 'turn', again);
    const own = await connection.look().catch(() => null);
    if (connection.status?.reopening) {
      wait(own && !own.maintenanceMode ? 0 : (own?.retryAfter ?? 5) * 1000, own?.message ?? null, again);
    }
  }
  const { status } = connection;
  if (status && (leave.plan !== 'turn' || status.reopening?.until !== before?.reopening?.until)) {
    leave.within(spreadOf(status, before), 'turn', again);
  }
}
