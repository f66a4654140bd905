/** The options of an ioredis client that matter here; those of a cluster are in `redisOptions`. */
export interface RedisSettings {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly db?: number;
  readonly keyPrefix?: string;
  readonly connectionName?: string;
  enableReadyCheck?: boolean;
  readonly redisOptions?: Omit<RedisSettings, 'redisOptions'>;
}

/** What this library needs of an ioredis client, `Redis` or `Cluster`, of any version. */
export interface RedisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: RedisSettings;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  defineCommand(name: string, definition: { lua: string }): void;
  subscribe(...channels: string[]): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  ping(): Promise<unknown>;
  type(key: string): Promise<string>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  duplicate(...args: unknown[]): RedisClient;
}

/** A command made by `defineCommand`: number of keys, keys, arguments. */
export type RedisCommand = (keys: number, ...args: (string | number)[]) => Promise<unknown>;

/** What every ioredis client has, and clients of other libraries (or stand-ins) do not. */
const MARKS = { sendCommand: 'function', defineCommand: 'function', duplicate: 'function', status: 'string' };

/** Whether this value is an ioredis client, or a client of a fork. Clients of other libraries have many of the same methods. */
export function isRedisClient(value: unknown): value is RedisClient {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(MARKS).every(([name, type]) => typeof (value as Record<string, unknown>)[name] === type)
  );
}

/** Whether this value is a client rather than ioredis options. */
export const isForeignClient = (value: object): boolean =>
  !isRedisClient(value) &&
  ['connect', 'duplicate', 'sendCommand', 'eval'].some(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function',
  );

/** The ioredis client inside an application's own cache, if there is one. */
export function clientOfCache(cache: unknown): RedisClient | undefined {
  const pending: unknown[] = [cache];
  for (let depth = 0; depth < 6 && pending.length > 0; depth++) {
    for (const value of pending.splice(0)) {
      if (typeof value !== 'object' || value === null) {
        continue;
      }
      const { client, redis, store, stores, opts, _cache, primary, secondary } = value as Record<
        string,
        unknown
      >;
      const found = [client, redis].find(isRedisClient);
      if (found) {
        return found;
      }
      pending.push(
        store,
        _cache,
        primary,
        secondary,
        (opts as { store?: unknown } | undefined)?.store,
        ...(Array.isArray(stores) ? stores : []),
      );
    }
  }
  return undefined;
}
