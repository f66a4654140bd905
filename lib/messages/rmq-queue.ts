/**
 * Milliseconds after which held events go back to their queue, if the queue does not declare how long the broker waits for an
 * acknowledgement: 30 minutes unless its operator says otherwise, and it cannot be asked.
 */
const RETURN_AFTER = 2_000;
/** The same for a queue that has to keep its consumer, which gets them again at once. RabbitMQ supports no limit below a minute. */
const RETURN_AGAIN_AFTER = 30_000;
/** The same for a quorum queue, which counts deliveries and gives an event up after twenty. */
const RETURN_TO_QUORUM_AFTER = 15 * 60_000;

interface QueueOptions {
  readonly autoDelete?: unknown;
  readonly expires?: unknown;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** The queue of a microservice as its options declare it: RabbitMQ can be asked for none of this. */
export class RmqQueue {
  private readonly declared: QueueOptions;

  constructor(private readonly server: { readonly options?: Record<string, unknown> }) {
    this.declared = (server.options?.['queueOptions'] as QueueOptions | undefined) ?? {};
  }

  /** Why it cannot keep events, if it cannot. */
  get forgets(): string | undefined {
    if (this.server.options?.['noAck'] !== false) {
      return 'with noAck, which is on by default';
    }
    return this.isStream ? 'in a stream' : undefined;
  }

  /** Nothing goes back to a stream, and a consumer that returns misses what was sent in between. */
  get isStream(): boolean {
    return this.type === 'stream';
  }

  /** Without a consumer it is deleted with its events, at once or after some time. */
  get needsConsumer(): boolean {
    const { autoDelete, expires } = this.declared;
    return autoDelete === true || Number(expires ?? this.declared.arguments?.['x-expires']) > 0;
  }

  get returnAfter(): number {
    const limit = Number(this.declared.arguments?.['x-consumer-timeout']);
    const again = this.type === 'quorum' ? RETURN_TO_QUORUM_AFTER : RETURN_AGAIN_AFTER;
    const usual = this.needsConsumer ? again : RETURN_AFTER;
    return limit > 0 ? Math.min(limit / 2, usual) : usual;
  }

  private get type(): unknown {
    return this.declared.arguments?.['x-queue-type'];
  }
}
