import { isIP } from 'node:net';
import { MaintenanceKey } from './keys/maintenance-key.js';
import { describeValue, MaintenanceConfigurationError } from './maintenance.errors.js';
import type {
  MaintenanceAdminOptions,
  MaintenanceBypassOptions,
  MaintenanceModuleOptions,
  MaintenanceSocketOptions,
  MaintenanceStructuralOptions,
  ResolvedOptions,
  ResolvedStructure,
} from './maintenance.options.js';
import { STRUCTURAL_DEFAULTS } from './maintenance.options.js';

type Check = [accepted: string, valid: (value: never) => boolean, item?: (item: unknown) => boolean];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const whole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
/** A list, whose items are checked one by one so that the error can name the wrong one. */
const listOf = (accepted: string, item: (item: unknown) => boolean): Check => [accepted, Array.isArray, item];
/** A path of one's own site: no other host, no characters a header or a router cannot carry. */
const isLocalPath = (value: unknown): boolean =>
  typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value);
const isCidr = (value: unknown): boolean => {
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
  ignorePaths: listOf(
    'an array of paths that begin with "/"',
    (item) => typeof item === 'string' && item.startsWith('/'),
  ),
  responseType: [
    "'html', 'json' or a function",
    (value) => value === 'html' || value === 'json' || isFunction(value),
  ],
  redirect: ['a path of this site that begins with one "/"', isLocalPath],
  bypass: ['an object with when, ips, secret', isRecord],
  permissions: ['a function', isFunction],
  translate: ['a function', isFunction],
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
  admin: ['a boolean or an object with guards', (value) => isBoolean(value) || isRecord(value)],
};

const SOCKET: Record<keyof MaintenanceSocketOptions, Check> = {
  namespace: [
    'a namespace that begins with "/"',
    (value) => typeof value === 'string' && /^\/[\w./-]*$/.test(value),
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
    if (name in STRUCTURAL_DEFAULTS) {
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

function check(prefix: string, given: object | undefined, checks: Record<string, Check>): void {
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
    const items: unknown[] = validItem ? (value as unknown[]) : [];
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

/** How values that may hold a password are shown. */
const DESCRIBE: Partial<Record<string, (value: unknown) => string>> = {
  redis: describeUrl,
  cache: describeUrl,
  bypass: describeSecret,
  'bypass.secret': describeSecret,
};

function describeSecret(value: unknown): string {
  return typeof value === 'string' ? (value === '' ? 'an empty string' : 'a string') : describeValue(value);
}

/** Without what stands before the last "@" and behind "?": both may be a password. */
function describeUrl(value: unknown): string {
  return describeValue(
    typeof value === 'string'
      ? value.replace(/\?.*$/s, '?***').replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
      : value,
  );
}

function definedOf<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

function isRedisUrl(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^(rediss?:\/\/|\/|unix:)./.test(value) &&
    (!value.startsWith('redis') || URL.canParse(value))
  );
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value.toLowerCase();
}
