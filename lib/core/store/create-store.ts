import type { Cache } from 'cache-manager';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import { LOCK_LEASE } from '../state/replica-lease.js';
import { clientOfCache, isForeignClient, isRedisClient } from './redis/redis-client.js';
import type { StateStore } from './store.js';

/** The store to use, checked and with defaults; without `cache` and `redis` it is the memory of this process. */
export interface StoreOptions {
  readonly cache?: Cache | undefined;
  readonly redis?: string | object | undefined;
  readonly namespace: string;
  /** Milliseconds. */
  readonly commandTimeout: number;
  /** Milliseconds a replica may be silent. */
  readonly lease: number;
  /** How the history is kept. */
  readonly history?: { readonly keep: number };
  /** Whether anybody creates or checks bypass tokens, which are valid for one store only. */
  readonly identified: boolean;
  /** Without cache-manager-ioredis-yet. */
  readonly direct?: boolean;
}

/**
 * The store for these options; only the code of the one in use is loaded.
 * @throws MaintenanceConfigurationError for a client that cannot be used
 */
export async function createStore(options: StoreOptions): Promise<StateStore> {
  if (typeof options.redis === 'object' && isForeignClient(options.redis)) {
    throw new MaintenanceConfigurationError(
      `Maintenance option "redis" received a client that is not from ioredis (${options.redis.constructor.name}); ` +
        'accepted: a redis:// or rediss:// URL, ioredis options, or a Redis or Cluster instance of ioredis. ' +
        'A cache over another client can be given as "cache".',
      { option: 'redis' },
    );
  }
  const redis = options.redis ?? clientOfCache(options.cache);
  if (redis === undefined) {
    const { CacheStore } = await import('./cache/cache-store.js');
    return new CacheStore(options.cache, options.namespace, options.history?.keep);
  }
  const { RedisStore } = await import('./redis/redis-store.js');
  return new RedisStore(redis, options.namespace, {
    commandTimeout: options.commandTimeout,
    replicaLease: options.lease,
    lockLease: LOCK_LEASE,
    identified: options.identified,
    ...(options.history && { historyKeep: options.history.keep }),
    // a client at hand opens connections by itself, whatever its cache was made with
    direct: options.direct === true || isRedisClient(redis),
  });
}
