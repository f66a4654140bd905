import type { MaintenanceStatusMessage } from '../../client/status-message.js';

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

const readPlace = (): number => parseInt(document.cookie.split(COOKIE)[1] ?? '') / PLACES;

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
