import { isOptions } from '../core/common/is-options.js';
import { MOST_KEPT } from '../core/history/history-settings.js';
import type { MaintenanceHistoryOptions } from '../core/history/maintenance-history-entry.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { isSafetyNet, isString } from '../core/keys/maintenance-key-options.js';
import { isIgnorePath } from '../core/keys/ignore-path-option.js';
import type { MaintenanceBypassCookieOptions, MaintenanceBypassOptions } from './access-options.js';
import {
  isBoolean,
  isCidr,
  isFunction,
  isHostname,
  isLanguageTag,
  isLocalPath,
  isText,
  isWebUrl,
  listOf,
  oneOf,
  whole,
  type Check,
} from './checks.js';
import { isRedisConnection, isRedisUrl } from './redis-option.js';
import { isRefusalHeaders, REFUSAL_HEADERS_ACCEPTED } from './refusal-headers-option.js';
import type { MaintenanceGeneralOptions, MaintenanceModuleOptions } from './options.js';

/** A shorter secret could be guessed offline from any link or cookie that it signed. */
const SHORTEST_SECRET = 32;

const isSecret = (value: unknown): boolean => typeof value === 'string' && value.length >= SHORTEST_SECRET;

export const MODULE_CHECKS: Record<keyof MaintenanceModuleOptions, Check> = {
  cache: [
    'a cache-manager cache',
    (value) =>
      isOptions(value) &&
      (Array.isArray((value as { stores?: unknown }).stores) ||
        isOptions((value as { store?: unknown }).store)),
  ],
  redis: [
    'a redis:// or rediss:// URL, unix://path, ioredis options, a Redis or Cluster instance, or false for the memory of this process ' +
      '(redis: process.env.REDIS_URL ?? false)',
    (value) => value === false || isRedisConnection(value) || isRedisUrl(value),
  ],
  namespace: [
    'at most 64 characters, the first of them a letter or a digit: letters, digits, ".", "_", ":" and "-"',
    (value) => typeof value === 'string' && /^[A-Za-z0-9][\w.:-]{0,63}$/.test(value),
  ],
  keys: listOf('an array of MaintenanceKey', (item) => item instanceof MaintenanceKey),
  general: ['an object with label, helpText, timeout, template, ignorePaths', isOptions],
  statusCode: ['200 or an HTTP error status, 400 to 599', (value) => value === 200 || whole(400, 599)(value)],
  refreshDelay: ['whole milliseconds, 1000 to 2147483647', whole(1_000, 2 ** 31 - 1)],
  template: ['a view name or a function', (value) => isText(value) || isFunction(value)],
  ignorePaths: listOf(
    'an array of paths of routes such as "/health", decoded, without patterns, and not "/" itself',
    isIgnorePath,
  ),
  responseType: [
    "'html', 'json' or a function",
    (value) => value === 'html' || value === 'json' || isFunction(value),
  ],
  redirect: ['a path of this site that begins with one "/", percent-encoded', isLocalPath],
  refusalHeaders: [
    REFUSAL_HEADERS_ACCEPTED,
    (value) => Array.isArray(value) || isRefusalHeaders(value),
    isRefusalHeaders,
  ],
  baseUrl: [
    'a path of this site that begins with one "/", percent-encoded, or an http:// or https:// URL with such a path',
    (value) => value === '' || ((isLocalPath(value) || isWebUrl(value)) && !/[?#]/.test(value as string)),
  ],
  bypass: ['an object with when, ips, secret, cookie', isOptions],
  visitor: ['a function', isFunction],
  permissions: ['a function', isFunction],
  translate: ['a function', isFunction],
  languages: [
    'an array of at least one language tag such as "en" or "pt-BR"',
    (value: unknown) => Array.isArray(value) && value.length > 0,
    isLanguageTag,
  ],
  callTimeout: ['whole milliseconds, 1 to 60000', whole(1, 60_000)],
  onStale: oneOf('serve', 'block'),
  onUnknown: oneOf('serve', 'block'),
  commandTimeout: ['whole milliseconds, 1 to 60000', whole(1, 60_000)],
  lease: ['whole milliseconds, 500 to 60000', whole(500, 60_000)],
  presumedDead: ['whole milliseconds, 500 to 86400000', whole(500, 86_400_000)],
  foreignKeys: [
    'an array of names of keys, or true',
    (value) => value === true || Array.isArray(value),
    isText,
  ],
  followCalls: ['a boolean', isBoolean],
  events: oneOf('wait', 'refuse', 'pass'),
  history: ['an object with keep, sink', isOptions],
  reloadRate: ['whole page loads per second, 1 to 1000000', whole(1, 1_000_000)],
};

export const HISTORY_CHECKS: Record<keyof MaintenanceHistoryOptions, Check> = {
  keep: [`a whole number, 0 to ${MOST_KEPT}`, whole(0, MOST_KEPT)],
  sink: ['a function', isFunction],
};

export const GENERAL_CHECKS: Record<keyof MaintenanceGeneralOptions, Check> = {
  label: ['a string', isString],
  helpText: ['a string', isString],
  timeout: ['whole milliseconds, 0 for ever, or at least 1000', isSafetyNet],
  template: MODULE_CHECKS.template,
  ignorePaths: MODULE_CHECKS.ignorePaths,
};

export const BYPASS_CHECKS: Record<keyof MaintenanceBypassOptions, Check> = {
  when: ['a function', isFunction],
  ips: listOf('an array of IPv4 and IPv6 addresses and CIDR ranges', isCidr),
  secret: [
    `a string of at least ${SHORTEST_SECRET} characters, or an array of such strings`,
    (value: unknown) =>
      isSecret(value) || (Array.isArray(value) && value.length > 0 && value.every(isSecret)),
  ],
  cookie: ['an object with domain, secure', isOptions],
};

export const COOKIE_CHECKS: Record<keyof MaintenanceBypassCookieOptions, Check> = {
  domain: ['a host name such as "example.com"', isHostname],
  secure: ['a boolean', isBoolean],
};
