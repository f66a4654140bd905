import { GENERAL_MAINTENANCE } from '../core/keys/general-maintenance.js';
import { ADMIN_TEXTS } from './admin-texts.js';

/**
 * The sentence for visitors if the operator gave no message; used on the page, in JSON and on sockets.
 *
 * @publicApi
 */
export const DEFAULT_MESSAGE = 'We are carrying out maintenance and will be back as soon as we can.';

/** The sentence for visitors who are not back yet, while others are. */
export const REOPENING_MESSAGE = 'We are reopening, a few visitors at a time. It will soon be your turn.';

/** The sentence for visitors if a planned window has no announcement of its own. */
export const DEFAULT_ANNOUNCEMENT = 'Maintenance is planned.';

/** The English texts of the built-in page, by the place they stand in. */
export const PAGE_TEXTS = {
  title: 'Down for maintenance',
  expectedBack: 'Expected back',
  timeLeft: 'Time left',
  anyMoment: 'Any moment now',
  reloads: 'This page reloads by itself.',
} as const;

/** The same for what comes next: while visitors come back one after another, and for planned windows. */
export const NEXT_TEXTS = {
  almostBack: 'Almost back',
  yourTurn: 'Your turn',
  next: 'Next maintenance',
} as const;

/** Texts that the browser script shows on the application's own pages. */
export const SCRIPT_TEXTS = {
  on: 'Maintenance mode is on',
  close: 'Close',
  inTime: 'in {time}',
} as const;

/** Its texts about work that reports progress. */
export const PROGRESS_TEXTS = {
  progress: 'Progress',
  overrun: 'This is taking longer than expected.',
} as const;

/** The item for the host's own menu. */
export const MENU_TEXT = 'Maintenance';

/**
 * Every built-in English text that `translate` is called with, the default message first: page, browser script, admin page, menu,
 * and label and help text of `GENERAL_MAINTENANCE`. The application's own texts (labels, messages) are not in the list.
 *
 * @publicApi
 */
export const BUILTIN_TEXTS: readonly string[] = Object.freeze([
  ...new Set([
    DEFAULT_MESSAGE,
    REOPENING_MESSAGE,
    DEFAULT_ANNOUNCEMENT,
    ...Object.values(PAGE_TEXTS),
    ...Object.values(NEXT_TEXTS),
    ...Object.values(SCRIPT_TEXTS),
    ...Object.values(PROGRESS_TEXTS),
    ...Object.values(ADMIN_TEXTS),
    MENU_TEXT,
    GENERAL_MAINTENANCE.label,
    GENERAL_MAINTENANCE.helpText,
  ]),
]);
