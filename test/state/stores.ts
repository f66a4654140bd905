import { Redis } from 'ioredis';
import { createCache, type Cache } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { KeyvAdapter } from 'cache-manager';
import { Keyv } from 'keyv';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { Redis as Redis6 } from 'ioredis6';
import { randomId } from '../../lib/core/document/codec.js';
import { decodeDocument, encodeDocument } from '../../lib/core/store/cache/cache-document.js';
import { CacheStore } from '../../lib/core/store/cache/cache-store.js';
import { clientOfCache } from '../../lib/core/store/redis/redis-client.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { LOCK_LEASE, REPLICA_LEASE } from '../../lib/core/state/replica-lease.js';
import type { StateStore } from '../../lib/core/store/store.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { hasValkey, RedisServer, type RedisServerOptions } from '../support/redis.js';

/** One kind of store that the contract suite runs over. */
export interface StoreKind {
  readonly name: string;
  /** Starts what it needs; `open` makes one more store, as another application (or process) would have it. */
  readonly prepare: () => Promise<{
    open: (namespace: string) => StateStore;
    /** Writes something over all that is stored behind the store's back. */
    spoil: (namespace: string, value: string) => Promise<unknown>;
    /** The same with one record; nothing for none. */
    spoilRecord: (namespace: string, name: string, text: string | undefined) => Promise<unknown>;
    /** Forgets everything behind the store's back. */
    forget: () => Promise<unknown>;
    close: () => Promise<unknown>;
  }>;
}

/** As the module opens it. */
export const redisOptions = { commandTimeout: 1_000, replicaLease: REPLICA_LEASE, lockLease: LOCK_LEASE };
const recordsKey = (namespace: string): string => `${namespace}:{${namespace}}:records`;

const overClient = (client: Pick<Redis, 'set' | 'hset' | 'hdel'>) => ({
  spoil: (namespace: string, value: string) => client.set(recordsKey(namespace), value),
  spoilRecord: (namespace: string, name: string, text: string | undefined) =>
    text === undefined
      ? client.hdel(recordsKey(namespace), name)
      : client.hset(recordsKey(namespace), name, text),
});

const overCache = (cache: Cache, close: () => Promise<unknown>) => ({
  open: (namespace: string) => new CacheStore(cache, namespace),
  spoil: (namespace: string, value: string) => cache.set(`${namespace}:state`, value, 0),
  spoilRecord: async (namespace: string, name: string, text: string | undefined) => {
    const document = decodeDocument(await cache.get(`${namespace}:state`));
    const records = new Map(document.records);
    if (text === undefined) records.delete(name);
    else records.set(name, text);
    const spoilt = { ...document, write: randomId(), records };
    await cache.set(`${namespace}:state`, encodeDocument(spoilt), 0);
  },
  forget: () => cache.clear(),
  close,
});

/** @param make turns a client or address into what `redis` may be */
const overRedis = (
  name: string,
  make: (server: RedisServer) => { input: string | object; close?: () => void },
  settings: RedisServerOptions = {},
) => ({
  name,
  prepare: async () => {
    const server = await RedisServer.start(settings);
    const { input, close } = make(server);
    const admin = server.client();
    return {
      open: (namespace: string) => new RedisStore(input, namespace, redisOptions),
      ...overClient(admin),
      forget: () => admin.flushall(),
      close: async () => {
        close?.();
        await server.stop();
      },
    };
  },
});

const quiet = <T extends { on(event: 'error', listener: () => void): unknown }>(client: T): T => {
  client.on('error', () => undefined);
  return client;
};

export const storeKinds: readonly StoreKind[] = [
  {
    name: 'a cache-manager cache',
    prepare: async () => overCache(createCache({ stores: [new Keyv({ store: new Map() })] }), async () => {}),
  },
  {
    name: 'the cache of @nestjs/cache-manager',
    prepare: async () => {
      const module = await Test.createTestingModule({
        imports: [CacheModule.register({ ttl: 50 })],
      }).compile();
      return overCache(module.get<Cache>(CACHE_MANAGER), () => module.close());
    },
  },
  overRedis('Redis by URL', ({ url }) => ({ input: url })),
  overRedis('Redis by options', ({ host, port }) => ({ input: { host, port, connectionName: 'app' } })),
  overRedis('a client of ioredis 5', ({ url }) => {
    const client = quiet(new Redis(url));
    return { input: client, close: () => client.disconnect() };
  }),
  overRedis('a client of ioredis 6', ({ url }) => {
    const client = quiet(new Redis6(url));
    return { input: client, close: () => client.disconnect() };
  }),
  overRedis('the client in a cache of cache-manager-ioredis-yet', ({ url }) => {
    const client = quiet(new Redis(url));
    const adapter = new KeyvAdapter(redisInsStore(client) as never);
    const cache = createCache({ stores: [new Keyv({ store: adapter })] });
    const found = clientOfCache(cache);
    if (!found) {
      throw new Error('The client in the cache was not found.');
    }
    return { input: found, close: () => client.disconnect() };
  }),
  // Debian 12 has no Valkey; where there is one, it is tested, too
  ...(hasValkey ? [overRedis('Valkey', ({ url }) => ({ input: url }), { valkey: true })] : []),
  {
    name: 'Redis Cluster',
    prepare: async () => {
      const cluster = await RedisCluster.start();
      const client = cluster.client();
      return {
        open: (namespace) => new RedisStore(client, namespace, redisOptions),
        ...overClient(client),
        forget: () => Promise.all(client.nodes('master').map((node) => node.flushall())),
        close: () => cluster.stop(),
      };
    },
  },
  {
    name: 'Redis Sentinel',
    prepare: async () => {
      const group = await RedisSentinel.start();
      const client = group.client();
      return {
        open: (namespace) => new RedisStore(group.options, namespace, redisOptions),
        ...overClient(client),
        forget: () => client.flushall(),
        close: () => group.stop(),
      };
    },
  },
];
