import type { StoreOptions } from './create-store.js';
import { isLocalCache } from './cache/shared-store.js';
import { clientOfCache, type RedisClient } from './redis/redis-client.js';

interface Address {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly db?: number | string;
  readonly sentinels?: readonly Address[];
  readonly name?: string;
}

/** Where the state is kept, in words for the log; never with a user name or password. */
export function describeStore({
  cache,
  redis,
  namespace,
}: Pick<StoreOptions, 'cache' | 'redis' | 'namespace'>): string {
  const client = redis ?? clientOfCache(cache);
  if (client !== undefined) {
    return `${describeRedis(client)}, namespace "${namespace}"`;
  }
  if (cache === undefined) {
    return 'the memory of this process only';
  }
  const where = isLocalCache(cache) ? ', in the memory of this process only' : '';
  return `the application's own cache${where}, namespace "${namespace}"`;
}

function describeRedis(redis: string | object): string {
  if (typeof redis === 'string') {
    return `Redis at ${URL.canParse(redis) ? describeUrl(new URL(redis)) : describePath(redis)}`;
  }
  const { isCluster, startupNodes, options } = redis as Partial<RedisClient> & {
    startupNodes?: readonly unknown[];
  };
  if (isCluster) {
    return `Redis Cluster at ${(startupNodes ?? []).map(describeNode).join(', ')}`;
  }
  return `Redis at ${describeAddress((options ?? redis) as Address)}`;
}

/** The path of a socket alone, which is no URL. */
function describePath(path: string): string {
  const [, socket = path, query] = /^([^?]*)(\?.*)?$/s.exec(path.replace(/^.*@/, '')) ?? [];
  return describeSocket(socket, new URLSearchParams(query).get('db') ?? 0);
}

function describeUrl({ protocol, hostname, port, pathname, searchParams }: URL): string {
  const query = searchParams.get('db') ?? 0;
  if (protocol === 'unix:') {
    return describeSocket(pathname, query);
  }
  const db = /^\/(\d+)$/.exec(pathname)?.[1] ?? query;
  return `${hostname || 'localhost'}:${port || 6379}/${db}`;
}

function describeAddress({ host = 'localhost', port = 6379, path, db, sentinels, name }: Address): string {
  if (sentinels) {
    return `${name ?? 'the primary'}/${db ?? 0} (by Sentinel at ${sentinels.map(describeNode).join(', ')})`;
  }
  return path === undefined || path === null ? `${host}:${port}/${db ?? 0}` : describeSocket(path, db ?? 0);
}

const describeSocket = (path: string, db: number | string): string => `${path}, database ${db}`;

function describeNode(node: unknown): string {
  if (typeof node === 'number') {
    return `localhost:${node}`;
  }
  if (typeof node === 'string') {
    return URL.canParse(node) ? new URL(node).host || node : node;
  }
  const { host = 'localhost', port = 6379 } = (node ?? {}) as Address;
  return `${host}:${port}`;
}
