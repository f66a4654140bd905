import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** What the server knows a visitor by, and how many places it counts. */
const COOKIE = 'maintenance-visitor=';
const PLACES = 1e6;

/**
 * Ms after its beginning at which a place has its turn.
 * @param place from 0 (the first) to 1
 */
export const turnOf = (
  { from, until }: NonNullable<MaintenanceStatusMessage['reopening']>,
  place: number,
): number => place * (Date.parse(until) - Date.parse(from));

const readPlace = (): number => parseInt(document.cookie.split(COOKIE)[1] ?? '') / PLACES;

/**
 * This browser's place in the line. A page that was given none takes one, so that it comes at its own moment and is let in then.
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
