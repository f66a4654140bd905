import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { MaintenanceConfigurationError, MaintenanceStoreError } from '../../errors/errors.js';
import { isRedisClient, type RedisClient } from './redis-client.js';
import { bounded, messageOf } from '../store.js';

/** What `redis` of `forRoot()` may be, before it is known which. */
export type RedisInput = string | object;

/**
 * Opens a connection of the library's own: commands fail at once while the server is away, are never sent again after
 * a reconnect, and an application's client keeps its settings.
 */
export async function openConnection(
  input: RedisInput,
  commandTimeout: number,
  role: string,
): Promise<RedisClient> {
  const overrides = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // done by hand: ioredis leaves the rejection of its own attempt unhandled
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout,
    connectTimeout: Math.max(commandTimeout, 1000),
    // a connection that is given up on is not waited for
    disconnectTimeout: 100,
    enableReadyCheck: true,
    lazyConnect: true,
    // an application may want numbers as text
    stringNumbers: false,
    connectionName: `nestjs-maintenance:${role}`,
    // a demoted primary keeps answering: look for the new one
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
  } satisfies RedisOptions;
  if (isRedisClient(input)) {
    return input.isCluster === true
      ? input.duplicate([], {
          ...input.options,
          enableOfflineQueue: false,
          lazyConnect: true,
          clusterRetryStrategy: overrides.retryStrategy,
          redisOptions: {
            ...(input.options as { redisOptions?: object }).redisOptions,
            ...overrides,
            lazyConnect: undefined,
          },
        })
      : input.duplicate(overrides);
  }
  const { Redis: Client } = await loadRedis();
  const client: Redis | Cluster =
    typeof input === 'string'
      ? new Client(input, overrides)
      : new Client({ ...(input as RedisOptions), ...overrides });
  return client as unknown as RedisClient;
}

/** Connects within the deadline; a server that is away is tried again in the background by the client itself. */
export async function connect(client: RedisClient, deadline: number): Promise<void> {
  if (client.status === 'ready') {
    return;
  }
  let problem: unknown;
  const note = (error: unknown): void => {
    problem = error;
  };
  client.on('error', note);
  const ready = new Promise<void>((resolve) => client.on('ready', () => resolve()));
  if (client.status === 'wait') {
    client.connect().catch(() => undefined);
  }
  try {
    await bounded('connect', ready, deadline);
  } catch (error) {
    throw problem === undefined ? error : storeError('connect', problem);
  } finally {
    client.off('error', note);
  }
}

/** The cache made with cache-manager-ioredis-yet carries the client that speaks Lua and pub/sub. */
export async function throughCache(client: RedisClient): Promise<RedisClient> {
  const { redisInsStore } = await loadPeer(
    'cache-manager-ioredis-yet',
    () => import('cache-manager-ioredis-yet'),
  );
  return redisInsStore(client as unknown as Redis).client as unknown as RedisClient;
}

async function loadRedis(): Promise<{ Redis: typeof Redis }> {
  return loadPeer('ioredis', () => import('ioredis'));
}

async function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new MaintenanceConfigurationError(
      `Maintenance option "redis" needs the packages cache-manager-ioredis-yet and ioredis, but ${name} cannot be loaded ` +
        `(${messageOf(error)}): npm install cache-manager-ioredis-yet ioredis, or leave "redis" out.`,
      { option: 'redis', cause: error },
    );
  }
}

/** What a Redis error means for a write: what Redis itself has refused is certain, anything else is not. */
export function storeError(what: string, error: unknown): MaintenanceStoreError {
  if (error instanceof MaintenanceStoreError) {
    return error;
  }
  const message = messageOf(error);
  const refused =
    /^(READONLY|OOM|NOAUTH|NOPERM|WRONGTYPE|MISCONF|LOADING|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|WRONGPASS|ERR)/.test(
      message,
    );
  return new MaintenanceStoreError(
    `Redis ${refused ? 'refused' : 'did not answer'} (${what}): ${message}; ${refused ? 'nothing was written' : 'the outcome is unknown'}.`,
    refused ? 'refused' : 'unknown',
    { cause: error },
  );
}
