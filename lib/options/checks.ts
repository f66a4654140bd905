import { isIP } from 'node:net';
import { describeValue, MaintenanceConfigurationError } from '../core/errors/errors.js';
import { describeRedis } from './redis-option.js';

/** What is accepted, in words and as a test; for a list, also of its items. */
export type Check = [accepted: string, valid: (value: never) => boolean, item?: (item: unknown) => boolean];

export const isFunction = (value: unknown): boolean => typeof value === 'function';
export const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
export const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
export const whole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
/** A list, whose items are checked one by one so that the error can name the wrong one. */
export const listOf = (accepted: string, item: (item: unknown) => boolean): Check => [
  accepted,
  Array.isArray,
  item,
];
/** One of these words. */
export const oneOf = (...words: string[]): Check => [
  words.map((word) => `'${word}'`).join(' or '),
  (value) => words.includes(value),
];
/** A path on this site: no other host, and no characters that a header or a router cannot carry. */
export const isLocalPath = (value: unknown): boolean =>
  typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value);
export const isCidr = (value: unknown): boolean => {
  if (typeof value !== 'string') {
    return false;
  }
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  return (
    version !== 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)))
  );
};

export function isLanguageTag(value: unknown): boolean {
  try {
    return typeof value === 'string' && value !== '' && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

/** A URL of another site, such as an identity provider; without credentials, which would end up in pages. */
export function isWebUrl(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^https?:\/\/[\x21-\x7e]+$/i.test(value) &&
    URL.canParse(value) &&
    new URL(value).username === ''
  );
}

export function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value.toLowerCase();
}

/** A host name that a cookie may use as its domain. */
export const isHostname = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i.test(value);

/**
 * @param prefix of the names, for messages
 * @throws MaintenanceConfigurationError that names the first option that is unknown or wrong
 */
export function check(prefix: string, given: object | undefined, checks: Record<string, Check>): void {
  for (const [name, value] of Object.entries(given ?? {})) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!known) {
      throw new MaintenanceConfigurationError(
        `Unknown maintenance option "${prefix}${name}"; accepted: ${Object.keys(checks)
          .map((option) => prefix + option)
          .join(', ')}.`,
        { option: prefix + name },
      );
    }
    const [accepted, valid, validItem] = known;
    if (value === undefined) {
      continue;
    }
    const option = prefix + name;
    if (!valid(value as never)) {
      throw MaintenanceConfigurationError.of(option, value, accepted, DESCRIBE[option]);
    }
    const items: unknown[] = validItem && Array.isArray(value) ? value : [];
    const wrong = items.findIndex((item) => !validItem?.(item));
    if (wrong >= 0) {
      throw MaintenanceConfigurationError.of(
        option,
        items[wrong],
        accepted,
        (item) => `${describeValue(item)} at index ${wrong}`,
      );
    }
  }
}

/** How values are shown that may contain a password. */
const DESCRIBE: Partial<Record<string, (value: unknown) => string>> = {
  redis: describeRedis,
  cache: describeRedis,
  bypass: describeSecret,
  'bypass.secret': describeSecret,
};

/** A value that may be a secret: its type, not its content. */
export function describeSecret(value: unknown): string {
  if (typeof value !== 'string') {
    return describeValue(value);
  }
  return value === ''
    ? 'an empty string'
    : `a string of ${value.length} character${value.length === 1 ? '' : 's'}`;
}
