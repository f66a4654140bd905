import { isOptions } from '../common/is-options.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import { isBlank } from '../texts/text-option.js';
import { LONGEST_REOPENING } from '../windows/reopening.js';

/** The end of maintenance: at most one of the two. @publicApi */
export interface MaintenanceEnd {
  /** Milliseconds until it ends by itself; 0: no end. Default: the key's own timeout, as a safety net that visitors do not see. */
  timeout?: number;
  /** The moment it ends by itself. */
  until?: Date;
}

/** The last instant a `Date` can hold. */
const LAST_INSTANT = 8.64e15;

/**
 * When a change ends by itself, and whether that was said with the change.
 * @param fallback the key's own timeout in ms
 * @param now epoch ms by the store's clock
 * @throws MaintenanceConfigurationError
 */
export function parseEnd(
  { timeout, until }: MaintenanceEnd,
  fallback: number,
  now: number,
): { until: number | null; announced: boolean } {
  if (timeout !== undefined && until !== undefined) {
    throw new MaintenanceConfigurationError('Both "timeout" and "until" were given; accepted: one of them.', {
      option: 'until',
    });
  }
  if (until !== undefined) {
    if (!(until instanceof Date) || Number.isNaN(until.getTime()) || until.getTime() <= now) {
      throw MaintenanceConfigurationError.of('until', until, 'a Date in the future');
    }
    return { until: until.getTime(), announced: true };
  }
  if (timeout !== undefined && (!Number.isSafeInteger(timeout) || timeout < 0)) {
    throw MaintenanceConfigurationError.of('timeout', timeout, 'whole milliseconds, 0 for ever');
  }
  if (timeout !== undefined && now + timeout > LAST_INSTANT) {
    const longest = Math.floor(LAST_INSTANT - now);
    throw MaintenanceConfigurationError.of(
      'timeout',
      timeout,
      `whole milliseconds, 0 for ever, at most ${longest}`,
    );
  }
  const length = timeout ?? fallback;
  return {
    // a key's own timeout may be longer than time itself
    until: length === 0 || now + length > LAST_INSTANT ? null : Math.ceil(now + length),
    announced: timeout !== undefined && timeout !== 0,
  };
}

/**
 * @throws MaintenanceConfigurationError unless it is text of a sensible length, `null` or absent
 */
export function textOption(option: string, value: unknown): string | null {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value !== 'string' || value.length > 10_000) {
    throw MaintenanceConfigurationError.of(option, value, 'a string of at most 10000 characters');
  }
  return isBlank(value) ? null : value;
}

/**
 * How long to wait for a lock: `false` not at all, `true` without end, or milliseconds.
 * @throws MaintenanceConfigurationError
 */
export function blockingOption(value: unknown): number {
  if (value === undefined || value === false) {
    return 0;
  }
  if (value === true) {
    return Infinity;
  }
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw MaintenanceConfigurationError.of('blocking', value, 'a boolean or whole milliseconds, at least 0');
  }
  return value as number;
}

/**
 * @throws MaintenanceConfigurationError unless it is whole milliseconds or absent
 */
export function millisecondsOption(option: string, value: unknown): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 0)) {
    throw MaintenanceConfigurationError.of(option, value, 'whole milliseconds, at least 0');
  }
  return value as number | undefined;
}

/**
 * The time over which visitors come back.
 * @throws MaintenanceConfigurationError unless it is whole milliseconds up to a day, or absent
 */
export function reopenOverOption(value: unknown): number | undefined {
  if (
    value !== undefined &&
    (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > LONGEST_REOPENING)
  ) {
    throw MaintenanceConfigurationError.of(
      'reopenOver',
      value,
      `whole milliseconds, 0 to ${LONGEST_REOPENING} (a day)`,
    );
  }
  return value as number | undefined;
}

/**
 * @throws MaintenanceConfigurationError unless it is one of those
 */
export function oneOf<T extends string>(option: string, value: unknown, accepted: readonly T[]): T {
  if (!accepted.includes(value as T)) {
    throw MaintenanceConfigurationError.of(option, value, accepted.map((one) => `'${one}'`).join(', '));
  }
  return value as T;
}

/**
 * What ends a wait.
 * @throws MaintenanceConfigurationError
 */
export function signalOption(value: unknown): AbortSignal | undefined {
  if (value === undefined) {
    return undefined;
  }
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    throw MaintenanceConfigurationError.of('signal', value, 'an AbortSignal');
  }
  return value as AbortSignal;
}

/**
 * @throws MaintenanceConfigurationError for anything but an object of options, and for an unknown option: a misspelt `timeout`
 * would mean maintenance without an end
 */
export function checkOptionNames(method: string, options: unknown, accepted: readonly string[]): void {
  if (!isOptions(options)) {
    throw MaintenanceConfigurationError.of(`options of ${method}()`, options, 'an object');
  }
  const unknown = Object.keys(options).find((name) => !accepted.includes(name));
  if (unknown !== undefined) {
    throw new MaintenanceConfigurationError(
      `Unknown option "${unknown}" of ${method}(); accepted: ${accepted.join(', ')}.`,
      { option: unknown },
    );
  }
}

/** @throws MaintenanceConfigurationError */
export function checkFlag(option: string, value: unknown): void {
  if (typeof value !== 'boolean') {
    throw MaintenanceConfigurationError.of(option, value, 'a boolean');
  }
}

/** @throws MaintenanceConfigurationError */
export function checkWhole(option: string, value: number | undefined, accepted: string): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
    throw MaintenanceConfigurationError.of(option, value, accepted);
  }
}
