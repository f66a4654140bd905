import { isOptions } from '../core/common/is-options.js';
import { withoutCredentials } from '../core/common/without-credentials.js';
import { describeValue } from '../core/errors/errors.js';
import { isForeignClient, isRedisClient } from '../core/store/redis/redis-client.js';

/** How node-redis is given the server's address; ioredis would connect to localhost. */
const OF_NODE_REDIS = ['url', 'socket', 'rootNodes', 'sentinelRootNodes'];
/** The same of others, where ioredis is given no address: names that mean something else beside one. */
const OF_OTHERS = [
  'uri',
  'redisUrl',
  'connectionString',
  'connection',
  'hostname',
  'address',
  'hosts',
  'nodes',
  'clusterNodes',
  'client',
  'config',
  'options',
];

/** How ioredis is given it. */
const PLACES = ['host', 'path', 'sentinels'];

/** `redis://…/database`, `rediss://…`, the path of a socket, or `unix://user:password@/path`. */
export function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string') {
    return false;
  }
  const isAddress = /^rediss?:\/\//.test(value)
    ? URL.canParse(value) && /^\/?\d*$/.test(new URL(value).pathname)
    : /^(\/|unix:\/|unix:\/\/([^@/?]*@)?\/)[^/?]/.test(value);
  return isAddress && isDatabase(new URLSearchParams(/\?(.*)$/s.exec(value)?.[1]).get('db'));
}

/**
 * Options of ioredis, or a client, which is examined when it is used. A promise, a `URL` or a `Map` has nothing that ioredis
 * reads: it would connect to localhost.
 */
export function isRedisConnection(value: unknown): boolean {
  return (
    isOptions(value) &&
    (isRedisClient(value) ||
      isForeignClient(value) ||
      ((Object.keys(value).length > 0 || Object.getPrototypeOf(value) === Object.prototype) &&
        typeof value.then !== 'function' &&
        flawOf(value) === undefined))
  );
}

/** The value for a message, without what may be a password. */
export function describeRedis(value: unknown): string {
  if (typeof value === 'string') {
    return describeValue(withoutCredentials(value));
  }
  const flaw = isOptions(value) ? flawOf(value) : undefined;
  return `${describeValue(value)}${flaw === undefined ? '' : ` with ${flaw}`}`;
}

/** What ioredis would silently replace by localhost, its usual port or database 0, such as a variable that is not set. */
function flawOf(options: Record<string, unknown>): string | undefined {
  const places = PLACES.filter((name) => name in options);
  const isPlaced = places.some((name) => isPlace(options[name]));
  const foreign = [...OF_NODE_REDIS, ...(isPlaced ? [] : OF_OTHERS)].find((name) => name in options);
  if (foreign !== undefined) {
    return `"${foreign}", which is no option of ioredis`;
  }
  const wrong =
    (!isPort(options.port) && 'port') || (!isDatabase(options.db) && 'db') || (!isPlaced && places[0]);
  return wrong ? `${wrong}: ${describeValue(options[wrong])}` : undefined;
}

const isPlace = (value: unknown): boolean =>
  (typeof value === 'string' || Array.isArray(value)) && value.length > 0;

/** A port as ioredis takes it; `Number()` of a variable that is not set is none. */
const isPort = (value: unknown): boolean =>
  value === undefined || value === null || (value !== '' && Number(value) >= 0 && Number(value) < 65_536);

/** The number of a database as ioredis takes it. It takes anything else for database 0, at least in part. */
const isDatabase = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'string' ? /^\d+$/.test(value) : Number.isSafeInteger(value) && (value as number) >= 0);
