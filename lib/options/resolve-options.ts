import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import {
  check,
  describeSecret,
  isBoolean,
  isCidr,
  isFunction,
  isLanguageTag,
  isLocalPath,
  isOrigin,
  isRecord,
  isRedisUrl,
  isText,
  isWebUrl,
  listOf,
  whole,
  type Check,
} from './checks.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import type {
  MaintenanceAdminOptions,
  MaintenanceBypassOptions,
  MaintenanceModuleOptions,
  MaintenanceSocketOptions,
  MaintenanceStructuralOptions,
  ResolvedOptions,
  ResolvedStructure,
} from './options.js';
import { STRUCTURAL_DEFAULTS } from './options.js';

const OPTIONS: Record<keyof MaintenanceModuleOptions, Check> = {
  cache: [
    'a cache-manager cache',
    (value) =>
      isRecord(value) &&
      (Array.isArray((value as { stores?: unknown }).stores) ||
        isRecord((value as { store?: unknown }).store)),
  ],
  redis: [
    'a redis:// or rediss:// URL, ioredis options, or a Redis or Cluster instance',
    (value) => isRecord(value) || isRedisUrl(value),
  ],
  namespace: [
    'letters, digits, ".", "_", ":" and "-", at most 64',
    (value) => typeof value === 'string' && /^[A-Za-z0-9][\w.:-]{0,63}$/.test(value),
  ],
  keys: listOf('an array of MaintenanceKey', (item) => item instanceof MaintenanceKey),
  statusCode: ['an HTTP error status, 400 to 599', whole(400, 599)],
  refreshDelay: ['whole milliseconds, 1 to 2147483647', whole(1, 2 ** 31 - 1)],
  template: ['a view name or a function', (value) => isText(value) || isFunction(value)],
  ignorePaths: listOf('an array of paths of routes such as "/health"', isText),
  responseType: [
    "'html', 'json' or a function",
    (value) => value === 'html' || value === 'json' || isFunction(value),
  ],
  redirect: ['a path of this site that begins with one "/"', isLocalPath],
  bypass: ['an object with when, ips, secret', isRecord],
  permissions: ['a function', isFunction],
  translate: ['a function', isFunction],
  languages: [
    'an array of at least one language tag such as "en" or "pt-BR"',
    (value: unknown) => Array.isArray(value) && value.length > 0,
    isLanguageTag,
  ],
  onStale: ["'serve' or 'block'", (value) => value === 'serve' || value === 'block'],
  commandTimeout: ['whole milliseconds, 1 to 60000', whole(1, 60_000)],
};

const BYPASS: Record<keyof MaintenanceBypassOptions, Check> = {
  when: ['a function', isFunction],
  ips: listOf('an array of IPv4 and IPv6 addresses and CIDR ranges', isCidr),
  secret: ['a string that is not empty', isText],
};

const STRUCTURE: Record<keyof MaintenanceStructuralOptions, Check> = {
  isGlobal: ['a boolean', isBoolean],
  path: [
    'a path of letters, digits, "-", "_", "." and "/"',
    (value) =>
      typeof value === 'string' &&
      /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/.test(value) &&
      !/(^|\/)\.\.?(\/|$)/.test(value),
  ],
  guard: ['a boolean', isBoolean],
  coverage: ["'handlers' or 'site'", (value) => value === 'handlers' || value === 'site'],
  socket: [
    'a boolean or an object with namespace, path, cors, origins, url',
    (value) => isBoolean(value) || isRecord(value),
  ],
  admin: [
    'a boolean or an object with guards, title, environment, origins, loginUrl, loginPaths',
    (value) => isBoolean(value) || isRecord(value),
  ],
};

const SOCKET: Record<keyof MaintenanceSocketOptions, Check> = {
  namespace: [
    'a namespace such as "/maintenance"',
    (value) => typeof value === 'string' && /^\/?[\w.-][\w./-]*$|^\/$/.test(value),
  ],
  path: ['a path that begins with "/"', isLocalPath],
  cors: ['a boolean or CORS options', (value) => isBoolean(value) || isRecord(value)],
  origins: listOf('an array of origins such as "https://example.com"', isOrigin),
  url: ['a function', isFunction],
};

const ADMIN: Record<keyof MaintenanceAdminOptions, Check> = {
  guards: listOf(
    'an array of guards (classes or instances)',
    (item) => isFunction(item) || (isRecord(item) && isFunction(item['canActivate'])),
  ),
  title: ['a string that is not empty', isText],
  environment: ['a string that is not empty', isText],
  origins: listOf('an array of origins such as "https://example.com"', isOrigin),
  loginUrl: [
    'a path of this site that begins with one "/", or an http(s) URL',
    (value) => isLocalPath(value) || isWebUrl(value),
  ],
  loginPaths: listOf('an array of paths such as "/login"', isLocalPath),
};

/**
 * Options with defaults.
 * @throws MaintenanceConfigurationError that names the first wrong one
 */
export function resolveOptions(given: unknown): ResolvedOptions {
  if (given !== undefined && !isRecord(given)) {
    throw MaintenanceConfigurationError.of('options', given, 'an object', describeSecret);
  }
  const options: MaintenanceModuleOptions = given ?? {};
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(STRUCTURAL_DEFAULTS, name)) {
      throw new MaintenanceConfigurationError(
        `Maintenance option "${name}" must be known before providers exist: in forRootAsync() it stands beside useFactory, not in what it returns.`,
        { option: name },
      );
    }
  }
  check('', options, OPTIONS);
  check('bypass.', options.bypass, BYPASS);
  if (options.cache !== undefined && options.redis !== undefined) {
    throw new MaintenanceConfigurationError(
      'Maintenance options "cache" and "redis" were both given; accepted: one of them.',
      { option: 'redis' },
    );
  }
  return {
    ...options,
    namespace: options.namespace ?? 'maintenance',
    keys: options.keys ?? [],
    statusCode: options.statusCode ?? 503,
    refreshDelay: options.refreshDelay ?? 60_000,
    ignorePaths: options.ignorePaths ?? [],
    onStale: options.onStale ?? 'serve',
    commandTimeout: options.commandTimeout ?? 1_000,
    bypass: options.bypass ?? {},
  };
}

/**
 * Structural options with defaults.
 * @throws MaintenanceConfigurationError that names the first wrong one
 */
export function resolveStructure(given: MaintenanceStructuralOptions): ResolvedStructure {
  check('', given, STRUCTURE);
  check('socket.', isRecord(given.socket) ? given.socket : undefined, SOCKET);
  check('admin.', isRecord(given.admin) ? given.admin : undefined, ADMIN);
  const { isGlobal, path, guard, coverage, socket, admin } = { ...STRUCTURAL_DEFAULTS, ...definedOf(given) };
  return {
    isGlobal,
    path: path.replace(/^\/|\/$/g, ''),
    guard,
    coverage,
    socket: socket === true ? {} : socket,
    admin: admin === true ? {} : admin,
  };
}

function definedOf<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
