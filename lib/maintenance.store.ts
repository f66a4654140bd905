import type { ResolvedOptions } from './maintenance.options.js';
import { clientOfCache } from './state/redis-client.js';
import { REPLICA_LEASE } from './state/lease.js';
import type { StateStore } from './state/store.js';

/** The store for these options; only the one that is used is loaded. */
export async function storeFor(options: ResolvedOptions): Promise<StateStore> {
  const redis = options.redis ?? clientOfCache(options.cache);
  if (redis === undefined) {
    const { CacheStore } = await import('./state/cache-store.js');
    return new CacheStore(options.cache, options.namespace);
  }
  const { RedisStore } = await import('./state/redis-store.js');
  return new RedisStore(redis, options.namespace, {
    commandTimeout: options.commandTimeout,
    replicaLease: REPLICA_LEASE,
  });
}
