import { isOptions } from '../core/common/is-options.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { HISTORY_KEEP } from '../core/history/history-settings.js';
import { check, describeSecret } from './checks.js';
import {
  BYPASS_CHECKS,
  COOKIE_CHECKS,
  GENERAL_CHECKS,
  HISTORY_CHECKS,
  MODULE_CHECKS,
} from './module-checks.js';
import type { MaintenanceModuleOptions, ResolvedOptions } from './options.js';
import type { MaintenanceRefusalHeaders } from './refusal-headers-option.js';
import {
  STRUCTURAL_DEFAULTS,
  type MaintenanceStructuralOptions,
  type ResolvedStructure,
} from './structural-options.js';
import { ADMIN_CHECKS, SOCKET_CHECKS, STRUCTURE_CHECKS } from './structure-checks.js';

/**
 * Options with defaults.
 * @throws MaintenanceConfigurationError that names the first wrong one
 */
export function resolveOptions(given: unknown): ResolvedOptions {
  if (given !== undefined && !isOptions(given)) {
    throw MaintenanceConfigurationError.of('options', given, 'an object', describeSecret);
  }
  const options: MaintenanceModuleOptions = given ?? {};
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(STRUCTURAL_DEFAULTS, name)) {
      throw new MaintenanceConfigurationError(
        `Maintenance option "${name}" must be known before providers are created: in forRootAsync(), set it beside useFactory, not in the object that useFactory returns.`,
        { option: name },
      );
    }
  }
  if (Object.hasOwn(options, 'redis') && options.redis === undefined) {
    // what `process.env` lacks must not pass for "in memory"
    throw MaintenanceConfigurationError.of('redis', undefined, MODULE_CHECKS.redis[0]);
  }
  check('', options, MODULE_CHECKS);
  check('general.', options.general, GENERAL_CHECKS);
  check('history.', options.history, HISTORY_CHECKS);
  check('bypass.', options.bypass, BYPASS_CHECKS);
  check('bypass.cookie.', options.bypass?.cookie, COOKIE_CHECKS);
  if (options.cache !== undefined && (options.redis ?? false) !== false) {
    throw new MaintenanceConfigurationError(
      'Maintenance options "cache" and "redis" were both given; accepted: one of them.',
      { option: 'redis' },
    );
  }
  const { lease = 3_000, presumedDead = 60_000 } = options;
  if (presumedDead < lease) {
    // nobody may be taken for dead who trusts what it knows
    throw MaintenanceConfigurationError.of(
      'presumedDead',
      presumedDead,
      `whole milliseconds, at least the "lease" (${lease}), at most 86400000`,
    );
  }
  const { redis, bypass: { secret, ...bypass } = {}, onStale = 'serve' } = options;
  return {
    ...options,
    redis: redis === false ? undefined : redis,
    namespace: options.namespace ?? 'maintenance',
    keys: options.keys ?? [],
    general: options.general ?? {},
    statusCode: options.statusCode ?? 503,
    refreshDelay: options.refreshDelay ?? 60_000,
    ignorePaths: options.ignorePaths ?? [],
    refusalHeaders: [options.refusalHeaders ?? []].flat() as readonly MaintenanceRefusalHeaders[],
    callTimeout: options.callTimeout ?? 2_000,
    onStale,
    onUnknown: options.onUnknown ?? onStale,
    commandTimeout: options.commandTimeout ?? 1_000,
    lease,
    presumedDead,
    followCalls: options.followCalls ?? false,
    events: options.events ?? 'wait',
    reloadRate: options.reloadRate ?? 100,
    history: {
      keep: options.history?.keep ?? HISTORY_KEEP,
      sink: options.history?.sink?.bind(options.history),
    },
    bypass: { ...bypass, secrets: secret === undefined ? [] : [secret].flat() },
  };
}

/**
 * Structural options with defaults.
 * @throws MaintenanceConfigurationError that names the first wrong one
 */
export function resolveStructure(given: MaintenanceStructuralOptions): ResolvedStructure {
  check('', given, STRUCTURE_CHECKS);
  check('socket.', isOptions(given.socket) ? given.socket : undefined, SOCKET_CHECKS);
  check('admin.', isOptions(given.admin) ? given.admin : undefined, ADMIN_CHECKS);
  const { guard, socket, admin, ...rest } = { ...STRUCTURAL_DEFAULTS, ...definedOf(given) };
  return {
    ...rest,
    path: rest.path.replace(/^\/|\/$/g, ''),
    guard: guard === true ? 'first' : guard,
    socket: socket === true ? {} : socket,
    admin: admin === true ? {} : admin,
  };
}

function definedOf<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
