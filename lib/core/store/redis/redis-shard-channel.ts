import { bounded } from '../bounded.js';
import { detachClient } from './detach-client.js';
import type { RedisClient } from './redis-client.js';

/** What this needs of an ioredis Cluster and of its nodes. */
interface ClusterClient extends RedisClient {
  nodes(role: 'master'): NodeClient[];
}
interface NodeClient extends RedisClient {
  readonly options: { readonly host?: string; readonly port?: number };
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(options: object): NodeClient;
}

/** Milliseconds before the first and before later attempts if no node accepts it. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * Listens to one channel of a Redis Cluster, only so that others can see it. Scripts see only the subscribers of their own node,
 * so it is a sharded channel (Redis 7), at the node that serves the slot of its name. If no node accepts it, as before Redis 7 or
 * without the right to, it stays silent: then nobody can tell whether this process still has its connection.
 */
export class RedisShardChannel {
  private client: NodeClient | undefined;
  private opening: Promise<void> | undefined;
  private pause = FIRST_PAUSE;
  private notBefore = -Infinity;
  private stopped = false;

  constructor(
    private readonly cluster: RedisClient,
    private readonly name: string,
    private readonly timeout: number,
  ) {}

  /** Makes sure that it listens where it should. Called with each heartbeat: slots move and nodes take over. */
  check(): void {
    if (!this.stopped && performance.now() >= this.notBefore) {
      this.opening ??= this.ensure()
        .catch(() => undefined)
        .finally(() => (this.opening = undefined));
    }
  }

  /** As {@link detachClient}. */
  detach(): void {
    if (this.client) {
      detachClient(this.client);
    }
  }

  stop(): void {
    this.stopped = true;
    this.client?.disconnect();
  }

  private async ensure(): Promise<void> {
    const masters = (this.cluster as ClusterClient).nodes('master');
    const { client } = this;
    // subscribing again asks the node whether it is still the right one
    if (client && masters.some((node) => isSameNode(node, client)) && (await this.listens(client))) {
      return;
    }
    this.client = undefined;
    client?.disconnect();
    for (const node of masters) {
      const candidate = node.duplicate({
        lazyConnect: true,
        enableOfflineQueue: false,
        retryStrategy: null,
        // ioredis would put it before the channel, and scripts ask for the bare channel
        keyPrefix: '',
      });
      candidate.on('error', () => undefined);
      if (await this.opens(candidate)) {
        this.use(candidate);
        return;
      }
      candidate.disconnect();
    }
    this.notBefore = performance.now() + this.pause;
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  private use(client: NodeClient): void {
    if (this.stopped) {
      client.disconnect();
      return;
    }
    this.client = client;
    this.pause = FIRST_PAUSE;
    client.on('end', () => {
      if (this.client === client) {
        this.client = undefined;
        this.check();
      }
    });
  }

  private async opens(client: NodeClient): Promise<boolean> {
    const connected = bounded('connect', client.connect(), performance.now() + this.timeout);
    return (await connected.then(() => true).catch(() => false)) && this.listens(client);
  }

  /** Whether the node accepts the subscription: a wrong one names the right one. */
  private async listens(client: NodeClient): Promise<boolean> {
    const answer = new Promise<boolean>((resolve, reject) => {
      // ioredis 5 leaves a subscription unanswered that belongs to another node
      const moved = (): void => resolve(false);
      client.on('moved', moved);
      client
        .call('ssubscribe', this.name)
        .then(() => resolve(true), reject)
        .finally(() => client.off('moved', moved));
    });
    return bounded('subscribe', answer, performance.now() + this.timeout).catch(() => false);
  }
}

const isSameNode = ({ options: a }: NodeClient, { options: b }: NodeClient): boolean =>
  a.host === b.host && a.port === b.port;
