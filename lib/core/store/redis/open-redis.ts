import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { retryDelay } from '../../common/backoff.js';
import { MaintenanceConfigurationError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';
import { followCredentials } from './follow-credentials.js';
import { isRedisClient, type RedisClient } from './redis-client.js';
import { isWithoutConnection, refusalCode } from './redis-errors.js';
import type { RedisStoreOptions } from './redis-store-options.js';

/** What a server says whose command INFO was taken away (`rename-command`). */
const LACKS_INFO = /unknown command [`']info'/i;

/** The packages that an application needs. */
const PACKAGES: readonly string[] = ['cache-manager-ioredis-yet', 'ioredis'];

/** The possible values of the option `redis` of `forRoot()`, before they are told apart. */
export type RedisInput = string | object;

/**
 * Opens a connection of the library's own: commands fail at once while the server is away and are never sent again after a
 * reconnect, and an application's client keeps its settings.
 * @param packages all that are needed, for the error if one is not installed
 */
export async function openConnection(
  input: RedisInput,
  commandTimeout: number,
  role: string,
  packages: readonly string[] = ['ioredis'],
): Promise<RedisClient> {
  let problem: unknown;
  const overrides = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // done by hand: ioredis leaves the rejection of its own attempt unhandled
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // only for what the client asks itself, such as whether the server is ready. Scripts are bounded by `bounded()`: after a blocked
    // event loop it reads the answers that have arrived, while this timer fires before they are read
    commandTimeout: 3 * commandTimeout,
    connectTimeout: Math.max(commandTimeout, 1000),
    // a connection that was given up on is not waited for
    disconnectTimeout: 100,
    lazyConnect: true,
    // a server that loads its data guesses how long that takes
    maxLoadingRetryTime: 1_000,
    // an application may want numbers as text
    stringNumbers: false,
    // such a connection runs no commands
    monitor: false,
    // an application's client may be for reading only
    role: 'master',
    // also done by hand: not for every answer at once, and also for answers that are not the server's own
    reconnectOnError: null,
    // a client that is turned away does not get in by trying ten times a second
    retryStrategy: (times: number) =>
      refusalCode(problem) === undefined ? soonAgain(times) : retryDelay(times),
    // an application that no longer asks its sentinels would never find its server again
    sentinelRetryStrategy: soonAgain,
  } satisfies RedisOptions;
  const client = await createClient(input, overrides, `nestjs-maintenance:${role}`, packages);
  if (typeof input !== 'string') {
    followCredentials(client, input);
  }
  client.on('error', (error: Error) => {
    problem = isWithoutConnection(error) ? problem : error;
    if (LACKS_INFO.test(error.message)) {
      // with which the client checks whether the server is ready: the next connection does without
      client.options.enableReadyCheck = false;
    }
  });
  client.on('ready', () => (problem = undefined));
  return client;
}

/** Milliseconds until the next attempt to connect. */
const soonAgain = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1000);

/** @param name of the connection, unless the application has given one */
async function createClient(
  input: RedisInput,
  overrides: Pick<RedisOptions, 'retryStrategy'>,
  name: string,
  packages: readonly string[],
): Promise<RedisClient> {
  if (isRedisClient(input)) {
    const { options } = input;
    return input.isCluster === true
      ? input.duplicate([], {
          ...options,
          enableOfflineQueue: false,
          lazyConnect: true,
          clusterRetryStrategy: overrides.retryStrategy,
          redisOptions: {
            connectionName: name,
            ...options.redisOptions,
            ...overrides,
            lazyConnect: undefined,
          },
        })
      : input.duplicate({ ...overrides, connectionName: options.connectionName ?? name });
  }
  const { Redis: Client } = await loadPeer('ioredis', () => import('ioredis'), 'Redis', packages);
  const given: RedisOptions | string =
    typeof input === 'string' ? parseSocketUrl(input) : (input as RedisOptions);
  try {
    const client: Redis | Cluster =
      typeof given === 'string'
        ? new Client(withoutOptions(given, Object.keys(overrides)), { ...overrides, connectionName: name })
        : new Client({ ...given, ...overrides, connectionName: given.connectionName ?? name });
    return client as unknown as RedisClient;
  } catch (error) {
    throw new MaintenanceConfigurationError(
      `Maintenance option "redis" cannot be used: ${messageOf(error)}; accepted: a redis:// or rediss:// URL, ioredis options, or a Redis or Cluster instance.`,
      { option: 'redis', cause: error },
    );
  }
}

/** Parses `unix://user:password@/path?db=1`, which ioredis does not know, into options; returns anything else unchanged. */
function parseSocketUrl(url: string): RedisOptions | string {
  const [, username, password, path, query] =
    /^unix:(?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?)?(\/(?!\/)[^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  if (path === undefined) {
    return url;
  }
  return {
    path: decodeURIComponent(path),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The URL without these options: for ioredis, those in a URL take precedence over those beside it. */
function withoutOptions(url: string, names: readonly string[]): string {
  const [, address, query] = /^([^?]*)\?(.*)$/s.exec(url) ?? [];
  const options = new URLSearchParams(query);
  if (!names.some((name) => options.has(name))) {
    return url;
  }
  names.forEach((name) => options.delete(name));
  return `${address}?${options.toString()}`;
}

/**
 * The connection for everything but listening: that of a cache made with cache-manager-ioredis-yet, which carries the client, which can
 * run Lua; with `direct` without that package.
 */
export async function openState(
  input: RedisInput,
  { commandTimeout, direct }: Pick<RedisStoreOptions, 'commandTimeout' | 'direct'>,
): Promise<RedisClient> {
  const client = await openConnection(input, commandTimeout, 'state', direct ? undefined : PACKAGES);
  if (direct) {
    return client;
  }
  const { redisInsStore } = await loadPeer(
    'cache-manager-ioredis-yet',
    () => import('cache-manager-ioredis-yet'),
    'redisInsStore',
    PACKAGES,
  );
  return redisInsStore(client as unknown as Redis).client as unknown as RedisClient;
}

/**
 * @param needed one of its exports
 * @param packages all that are needed, for the error
 */
async function loadPeer<T extends object>(
  name: string,
  load: () => Promise<T>,
  needed: keyof T,
  packages: readonly string[],
): Promise<T> {
  try {
    const loaded = await load();
    // bundlers may show what a CommonJS package exports only below `default`
    return needed in loaded ? loaded : (loaded as unknown as { default: T }).default;
  } catch (error) {
    throw new MaintenanceConfigurationError(
      `Maintenance option "redis" needs the package${packages.length > 1 ? 's' : ''} ${packages.join(' and ')}, but ${name} cannot be ` +
        `loaded (${messageOf(error)}): npm install ${packages.join(' ')}, or set "redis" to false.`,
      { option: 'redis', cause: error },
    );
  }
}
