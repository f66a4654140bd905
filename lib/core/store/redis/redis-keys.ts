const PARTS = [
  'records',
  'order',
  'writes',
  'applied',
  'identity',
  'secret',
  'replicas',
  'leases',
  'fences',
  'waiters',
  'once',
  'catalogue',
  'history',
  'progress',
] as const;

/** One of the keys that scripts work on. */
export type RedisKey = (typeof PARTS)[number];

/** One hash tag, so that all keys live in one slot of a cluster. */
export const keyName = (namespace: string, part: string): string => `${namespace}:{${namespace}}:${part}`;

/** The names of a namespace's keys in Redis, without the client's prefix. */
export const redisKeys = (namespace: string): Record<RedisKey, string> =>
  Object.fromEntries(PARTS.map((part) => [part, keyName(namespace, part)])) as Record<RedisKey, string>;
