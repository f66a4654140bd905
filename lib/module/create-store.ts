import type { ResolvedOptions } from '../options/options.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { clientOfCache, isForeignClient } from '../core/store/redis/redis-client.js';
import { LOCK_LEASE } from '../core/state/replica-lease.js';
import type { StateStore } from '../core/store/store.js';

/**
 * The store for these options; only the one that is used is loaded.
 * @throws MaintenanceConfigurationError for a client that cannot be used
 */
export async function createStore(options: ResolvedOptions): Promise<StateStore> {
  if (typeof options.redis === 'object' && isForeignClient(options.redis)) {
    throw new MaintenanceConfigurationError(
      `Maintenance option "redis" received a client of another library than ioredis (${options.redis.constructor.name}); ` +
        'accepted: a redis:// or rediss:// URL, ioredis options, or a Redis or Cluster instance of ioredis. ' +
        'A cache over another client can be given as "cache".',
      { option: 'redis' },
    );
  }
  const redis = options.redis ?? clientOfCache(options.cache);
  if (redis === undefined) {
    const { CacheStore } = await import('../core/store/cache/cache-store.js');
    return new CacheStore(options.cache, options.namespace);
  }
  const { RedisStore } = await import('../core/store/redis/redis-store.js');
  return new RedisStore(redis, options.namespace, {
    commandTimeout: options.commandTimeout,
    replicaLease: options.lease,
    lockLease: LOCK_LEASE,
    // bypass tokens are good for one store only
    identified: options.bypass.secrets.length > 0,
  });
}
