import type { ResolvedOptions } from '../options/options.js';
import { clientOfCache } from '../core/store/redis/redis-client.js';
import { LOCK_LEASE } from '../core/state/replica-lease.js';
import type { StateStore } from '../core/store/store.js';

/** The store for these options; only the one that is used is loaded. */
export async function createStore(options: ResolvedOptions): Promise<StateStore> {
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
