import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls';
import { Backoff } from '../../common/backoff.js';
import { messageOf } from '../../errors/message-of.js';
import type { RedisClient } from './redis-client.js';

/** What ioredis says if it cannot reach a node of a cluster or a sentinel: it drops the error of that connection. */
const DROPPED = /\bConnection is closed\.$/;

/** Milliseconds for an attempt to connect. */
const TIMEOUT = 1_000;

interface Address {
  readonly host?: string;
  readonly port?: number;
}
interface Options {
  readonly tls?: ConnectionOptions;
  readonly sentinels?: readonly Address[] | null;
  readonly sentinelTLS?: ConnectionOptions;
}

/** Whether an error hides why there is no connection. */
export const isDropped = (error: unknown): boolean => DROPPED.test(messageOf(error));

/** Finds out why there is no connection, where the client does not say. */
export class ReasonFinder {
  private readonly attempts = new Backoff();

  constructor(private readonly client: RedisClient) {}

  /** There is a connection. */
  connected(): void {
    this.attempts.succeeded();
  }

  /** @returns the reason; `undefined` if there is none, or it was looked for just now */
  async find(): Promise<unknown> {
    if (!this.attempts.due) {
      return undefined;
    }
    this.attempts.failed();
    return findReason(this.client);
  }
}

/**
 * Connects to the first node or sentinel, without a word, to see why that fails.
 * @returns the error; `undefined` if it does not fail, or not in time
 */
async function findReason(client: RedisClient): Promise<unknown> {
  const { startupNodes, options } = client as RedisClient & { readonly startupNodes?: readonly unknown[] };
  const { redisOptions, sentinels, sentinelTLS } = options as Options & { readonly redisOptions?: Options };
  const [first] = (client.isCluster === true ? startupNodes : sentinels) ?? [];
  const { host = '127.0.0.1', port } = addressOf(first);
  if (port === undefined) {
    return undefined;
  }
  const tls = client.isCluster === true ? redisOptions?.tls : sentinelTLS;
  const socket = tls
    ? connectSecurely({ host, port, servername: /^[\d.:]+$/.test(host) ? undefined : host, ...tls })
    : connect({ host, port });
  // nobody waits for it
  socket.unref();
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(TIMEOUT) });
    return undefined;
  } catch (error) {
    return (error as Error).name === 'AbortError' ? undefined : error;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** A node is given by port, URL or options. */
function addressOf(node: unknown): Address {
  if (typeof node === 'number') {
    return { port: node };
  }
  if (typeof node === 'string') {
    const { hostname, port } = URL.canParse(node) ? new URL(node) : { hostname: '', port: '' };
    return hostname === '' ? {} : { host: hostname, port: Number(port || 6379) };
  }
  return (node ?? {}) as Address;
}
