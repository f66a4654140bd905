/** One minute in milliseconds. @publicApi */
export const MINUTE = 60_000;
/** One hour in milliseconds. @publicApi */
export const HOUR = 60 * MINUTE;
/** One day in milliseconds. @publicApi */
export const DAY = 24 * HOUR;
/** One week in milliseconds. @publicApi */
export const WEEK = 7 * DAY;
/** Thirty days in milliseconds. @publicApi */
export const MONTH = 30 * DAY;
