/** The keys that scripts work on, and the type of each. */
export const TYPES = {
  records: 'hash',
  order: 'zset',
  writes: 'zset',
  applied: 'zset',
  identity: 'string',
  secret: 'string',
  replicas: 'hash',
  leases: 'hash',
  fences: 'hash',
  waiters: 'hash',
  once: 'hash',
  catalogue: 'hash',
  history: 'stream',
  progress: 'hash',
} as const;

/** One of these keys. */
export type RedisKey = keyof typeof TYPES;

/** One hash tag, so that all keys live in one slot of a cluster. */
export const keyName = (namespace: string, part: string): string => `${namespace}:{${namespace}}:${part}`;

/** The names of a namespace's keys in Redis, without the client's prefix. */
export const redisKeys = (namespace: string): Record<RedisKey, string> =>
  Object.fromEntries(Object.keys(TYPES).map((part) => [part, keyName(namespace, part)])) as Record<
    RedisKey,
    string
  >;
