import { GENERAL_MAINTENANCE } from '../core/keys/general-maintenance.js';
import { ADMIN_TEXTS } from './admin-texts.js';

/**
 * The sentence for visitors when the operator gave no message of their own; it stands on the page, in JSON and on sockets.
 *
 * @publicApi
 */
export const DEFAULT_MESSAGE = 'We are carrying out maintenance and will be back as soon as we can.';

/** The English texts of the built-in page, by the place they stand in. */
export const PAGE_TEXTS = {
  title: 'Down for maintenance',
  expectedBack: 'Expected back',
  timeLeft: 'Time left',
  anyMoment: 'Any moment now',
  reloads: 'This page reloads by itself.',
} as const;

/** The item for the host's own menu. */
export const MENU_TEXT = 'Maintenance';

/**
 * Every English text of the library's own that `translate` is asked for, the default message first: page, browser script,
 * admin page and menu, and how `GENERAL_MAINTENANCE` is called. What an application says itself (labels, messages) comes besides.
 *
 * @publicApi
 */
export const BUILTIN_TEXTS: readonly string[] = Object.freeze([
  ...new Set([
    DEFAULT_MESSAGE,
    ...Object.values(PAGE_TEXTS),
    ...Object.values(ADMIN_TEXTS),
    MENU_TEXT,
    GENERAL_MAINTENANCE.label,
    GENERAL_MAINTENANCE.helpText,
  ]),
]);
