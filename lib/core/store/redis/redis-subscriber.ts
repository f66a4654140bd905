import { Backoff } from '../../common/backoff.js';
import { messageOf } from '../../errors/message-of.js';
import { bounded } from '../bounded.js';
import { detachClient } from './detach-client.js';
import { LastProblem, type RedisEventError } from './last-problem.js';
import type { RedisClient } from './redis-client.js';
import { explain, isReply } from './redis-errors.js';

/** What the subscriber reports. */
export interface SubscriberListener {
  /** A message came, or `undefined`: subscribing has finished (again). */
  received(message: string | undefined): void;
  warn(message: string): void;
}

/**
 * Listens to the channels of changes. A subscription only wakes: whatever it misses is found by polling, so it may be renewed at
 * any time. A half-open connection loses everything without any event, so it is pinged.
 */
export class RedisSubscriber {
  private client: RedisClient | undefined;
  private checking = false;
  /** Monotonic moment of the last message, which proves as much as an answer to a ping, or of the last ping. */
  private lastHeard = 0;
  private stopped = false;
  /** Redis does not let this user subscribe; retried now and then. */
  private denied = false;
  private readonly denials = new Backoff();
  private listens = false;
  /** Monotonic moments of the last answer of Redis elsewhere, and since when it has answered all along while nobody listened here. */
  private answeredAt = -Infinity;
  private missingSince = 0;
  private warned = false;
  private problem: LastProblem | undefined;

  constructor(
    private readonly open: () => Promise<RedisClient>,
    private readonly channels: readonly string[],
    private readonly listener: SubscriberListener,
    /** Milliseconds that it may be silent, and that an answer may take. */
    private readonly patience: { readonly silence: number; readonly timeout: number },
  ) {}

  /** Settles once it listens, or was refused. */
  async start(): Promise<void> {
    const client = await this.open();
    if (this.stopped) {
      return;
    }
    this.client = client;
    this.watch(client, (this.problem = new LastProblem(client)));
    client.on('message', (_channel: string, message: string) => this.hear(message));
    // `ready` comes before the client has subscribed again: only after a finished subscribe nothing more can be missed
    const first = new Promise<void>((resolve) => {
      client.on('ready', () => void this.subscribe(client).then((settled) => settled && resolve()));
    });
    client.connect().catch(() => undefined);
    await first;
  }

  /** Pings a connection that has been silent for some time; one that does not answer is replaced. */
  check(): void {
    const { client } = this;
    if (!client || this.checking || this.stopped || client.status !== 'ready') {
      return;
    }
    if (this.denied) {
      if (this.denials.due) {
        void this.subscribe(client);
      }
      return;
    }
    const now = performance.now();
    if (now - this.lastHeard < this.patience.silence) {
      return;
    }
    this.lastHeard = now;
    this.checking = true;
    // a cluster client answers PING from any node: subscribing again asks the node that matters
    const question = client.isCluster ? client.subscribe(...this.channels) : client.ping();
    bounded('subscriber', question, now + this.patience.timeout)
      .catch((error: unknown) => {
        // a refusal is an answer, too
        if (!isReply((error as Error).cause)) {
          this.replace();
        }
      })
      .finally(() => (this.checking = false));
  }

  /** Redis has answered over another connection: if this one has been missing for some time all the same, nothing else shows it. */
  answered(): void {
    const now = performance.now();
    const { silence } = this.patience;
    if (this.listens || now - this.answeredAt > silence) {
      this.missingSince = now;
    }
    this.answeredAt = now;
    if (this.warned || now - this.missingSince < silence) {
      return;
    }
    this.warned = true;
    const error = this.problem?.error;
    const why = error === undefined ? 'Redis does not answer there' : explain(error);
    this.listener.warn(
      `The connection on which this process listens for changes cannot be opened (${why}): changes of other replicas are found within a second instead of at once.`,
    );
  }

  /** Gives the connection up for a new one. */
  replace(): void {
    if (!this.stopped) {
      this.client?.disconnect(true);
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

  private watch(client: RedisClient, problem: LastProblem): void {
    client.on('connect', () => problem.connected());
    client.on('ready', () => problem.solved());
    client.on('error', (error: RedisEventError) => problem.note(error));
    client.on('close', () => {
      problem.closed();
      this.listens = false;
    });
  }

  /** It listens, or was told that it may not. */
  private settled(): void {
    this.listens = true;
    this.warned = false;
  }

  private hear(message: string): void {
    this.lastHeard = performance.now();
    this.listener.received(message);
  }

  /** @returns whether it is known if there is a subscription */
  private async subscribe(client: RedisClient): Promise<boolean> {
    try {
      await client.subscribe(...this.channels);
      this.denied = false;
      this.denials.succeeded();
      this.listener.received(undefined);
      this.settled();
      return true;
    } catch (error) {
      if (!isReply(error)) {
        client.disconnect(true);
        return false;
      }
      this.deny(error);
      return true;
    }
  }

  private deny(error: unknown): void {
    this.denials.failed();
    this.settled();
    if (!this.denied) {
      this.denied = true;
      this.listener.warn(
        `Redis does not let this user subscribe to ${this.channels.join(' and ')} (${messageOf(error)}): changes of other replicas are found within a second instead of at once.`,
      );
    }
  }
}
