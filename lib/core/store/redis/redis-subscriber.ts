import type { RedisClient } from './redis-client.js';
import { bounded } from '../store.js';

/**
 * Listens to the channel of changes. A subscription only wakes: whatever it misses is found by polling, and so it may
 * be renewed at any time. A connection that is half open loses everything without any event, so it is asked for signs
 * of life.
 */
export class RedisSubscriber {
  private client: RedisClient | undefined;
  private checking = false;
  private stopped = false;

  /** @param receive gets each message, and `undefined` after every finished (re)subscribe */
  constructor(
    private readonly open: () => Promise<RedisClient>,
    private readonly channels: readonly string[],
    private readonly receive: (message: string | undefined) => void,
    private readonly timeout: number,
  ) {}

  async start(): Promise<void> {
    const client = await this.open();
    if (this.stopped) {
      return;
    }
    this.client = client;
    client.on('error', () => undefined);
    client.on('message', (_channel: string, message: string) => this.receive(message));
    // `ready` comes before the client has subscribed again: only after a finished subscribe nothing more can be missed
    const subscribe = async (): Promise<void> => {
      await client.subscribe(...this.channels);
      this.receive(undefined);
    };
    const first = new Promise<void>((resolve) => {
      client.on('ready', () => {
        subscribe().then(resolve, () => client.disconnect(true));
      });
    });
    client.connect().catch(() => undefined);
    await first;
  }

  /** Asks for a sign of life, at most one question at a time; a silent connection is replaced. */
  check(): void {
    const { client } = this;
    if (!client || this.checking || this.stopped || client.status !== 'ready') {
      return;
    }
    this.checking = true;
    // a cluster client answers PING from any node: subscribing again asks the node that matters
    const question = client.isCluster ? client.subscribe(...this.channels) : client.ping();
    bounded('subscriber', question, performance.now() + this.timeout)
      .catch(() => {
        if (!this.stopped) {
          client.disconnect(true);
        }
      })
      .finally(() => (this.checking = false));
  }

  stop(): void {
    this.stopped = true;
    this.client?.disconnect();
  }
}
