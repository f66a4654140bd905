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

/**
 * Every English text that the built-in page can show, the default message first: what a translation has to cover.
 *
 * @publicApi
 */
export const BUILTIN_TEXTS: readonly string[] = Object.freeze([
  DEFAULT_MESSAGE,
  ...Object.values(PAGE_TEXTS),
]);
