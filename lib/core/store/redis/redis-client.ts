/** What this library asks of an ioredis client, `Redis` or `Cluster`, of any version. */
export interface RedisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: object;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  defineCommand(name: string, definition: { lua: string }): void;
  subscribe(...channels: string[]): Promise<unknown>;
  ping(): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  duplicate(...args: unknown[]): RedisClient;
}

/** A command made by `defineCommand`: number of keys, keys, arguments. */
export type RedisCommand = (keys: number, ...args: (string | number)[]) => Promise<unknown>;

/** Is this value an ioredis client (or one that behaves like it). */
export function isRedisClient(value: unknown): value is RedisClient {
  const candidate = value as Partial<RedisClient> | null;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.defineCommand === 'function' &&
    typeof candidate.duplicate === 'function' &&
    typeof candidate.subscribe === 'function'
  );
}

/** The ioredis client inside an application's own cache, if there is one. */
export function clientOfCache(cache: unknown): RedisClient | undefined {
  const pending: unknown[] = [cache];
  for (let depth = 0; depth < 6 && pending.length > 0; depth++) {
    for (const value of pending.splice(0)) {
      if (typeof value !== 'object' || value === null) {
        continue;
      }
      const { client, redis, store, stores, opts, _cache } = value as Record<string, unknown>;
      const found = [client, redis].find(isRedisClient);
      if (found) {
        return found;
      }
      pending.push(
        store,
        _cache,
        (opts as { store?: unknown } | undefined)?.store,
        ...(Array.isArray(stores) ? stores : []),
      );
    }
  }
  return undefined;
}
