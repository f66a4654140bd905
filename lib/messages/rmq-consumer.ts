import { outsideOfCalls } from '../core/calls/current-call.js';
import type { OpenWork } from '../core/service/open-work.js';
import type { EventServer, EventSource } from './event-server.js';
import { RmqQueue } from './rmq-queue.js';

type Deliver = (message: unknown) => unknown;

/** A channel of amqplib. */
interface Channel {
  consume(queue: string, deliver: Deliver, options?: object): Promise<{ consumerTag: string }>;
  cancel(consumerTag: string): Promise<unknown>;
  nack(message: unknown, allUpTo: boolean, requeue: boolean): void;
  once(event: 'close', listener: () => void): unknown;
}

/** A server of RabbitMQ. */
interface RmqServer {
  setupChannel(channel: Channel, callback: () => void): Promise<unknown>;
}

interface RmqContext {
  getMessage(): unknown;
  getChannelRef(): Channel;
}

/** An event that was delivered while a key is on, and is not acknowledged. */
interface HeldEvent {
  readonly message: unknown;
  readonly channel: Channel;
  readonly source: EventSource;
  readonly deliver: () => unknown;
}

interface Consumer {
  readonly channel: Channel;
  readonly start: () => Promise<{ consumerTag: string }>;
  tag: Promise<{ consumerTag: string }> | undefined;
}

/**
 * Stops consuming a queue while its events have to wait: they stay in the queue. Those that were delivered already, at most
 * `prefetchCount`, stay unacknowledged and go back once if that takes long: a broker closes a channel that holds them for too
 * long. A queue that would be deleted without a consumer keeps it, and sends no more than these.
 */
export class RmqConsumer {
  private consumer: Consumer | undefined;
  private held: HeldEvent[] = [];
  private waits = false;
  private timer: NodeJS.Timeout | undefined;
  private cancelling: Promise<unknown> = Promise.resolve();
  private readonly queue: RmqQueue;

  constructor(
    private readonly events: EventServer,
    private readonly openWork: OpenWork,
  ) {
    const server = events.server as unknown as RmqServer;
    this.queue = new RmqQueue(events.server);
    const original = server.setupChannel;
    server.setupChannel = (channel, callback) => {
      const consume = channel.consume.bind(channel);
      channel.consume = (queue, deliver, options) => {
        this.consumer = { channel, start: () => consume(queue, deliver, options), tag: undefined };
        channel.once('close', () => this.forget(channel));
        this.look();
        return this.consume();
      };
      return original.call(server, channel, callback);
    };
    openWork.updates.subscribe(() => this.look());
  }

  /** It is handled once its keys are open, unless it goes back to the queue first. */
  hold(source: EventSource, context: object, deliver: () => unknown): void {
    const { getMessage, getChannelRef } = context as RmqContext;
    const channel = getChannelRef.call(context);
    this.held.push({ message: getMessage.call(context), channel, source, deliver });
    this.timer ??= setTimeout(() => this.giveBack(), this.queue.returnAfter).unref();
    this.stop();
  }

  /** If all events of the queue have to wait, none is fetched in the first place. */
  private look(): void {
    if (this.isShut()) {
      this.stop();
    }
  }

  private isShut(): boolean {
    const { all } = this.events;
    return all.length > 0 && all.every((source) => this.openWork.isClosed(source));
  }

  private stop(): void {
    if (this.waits) {
      return;
    }
    this.waits = true;
    const { consumer } = this;
    const tag = consumer?.tag;
    if (consumer && tag && !this.queue.needsConsumer) {
      consumer.tag = undefined;
      // a closed channel has nothing to cancel
      this.cancelling = tag
        .then(({ consumerTag }) => consumer.channel.cancel(consumerTag))
        .catch(() => undefined);
    }
    outsideOfCalls(() => void this.waitUntilOpen());
  }

  private async waitUntilOpen(): Promise<void> {
    try {
      for (let source = this.blocking(); source; source = this.blocking()) {
        await this.untilOneIsOpen(source);
      }
    } catch {
      // the application is shutting down: what is not acknowledged goes back with its channel
      return;
    }
    this.waits = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    // in order of arrival, before what is still in the queue
    this.held.splice(0).forEach(({ deliver }) => deliver());
    if (!this.waits) {
      void this.consume();
    }
  }

  /** Keys that must open before it goes on: one of these. */
  private blocking(): readonly EventSource[] | undefined {
    const closed = this.held.find(({ source }) => this.openWork.isClosed(source));
    if (closed) {
      return [closed.source];
    }
    return this.isShut() ? this.events.all : undefined;
  }

  private async untilOneIsOpen(sources: readonly EventSource[]): Promise<void> {
    const over = new AbortController();
    const wait = { timeout: Infinity, signal: over.signal };
    const opened = sources.map((source) => this.openWork.untilOpen(source, wait));
    opened.forEach((each) => each.catch(() => undefined));
    try {
      await Promise.race(opened);
    } finally {
      over.abort();
    }
  }

  private consume(): Promise<{ consumerTag: string }> {
    const { consumer } = this;
    if (!consumer || (this.waits && !this.queue.needsConsumer)) {
      return Promise.resolve({ consumerTag: '' });
    }
    if (consumer.tag) {
      return consumer.tag;
    }
    let tag: Consumer['tag'];
    // not as a part of the call that has led here
    outsideOfCalls(() => (tag = this.cancelling.then(() => consumer.start())));
    const started = tag as unknown as Promise<{ consumerTag: string }>;
    // Nest waits for no answer, and if none comes the channel is closed
    started.catch(() => undefined);
    return (consumer.tag = started);
  }

  /** Nobody takes it from there meanwhile, because the consumer is cancelled; one that must not be gets it again, and holds it. */
  private giveBack(): void {
    this.timer = undefined;
    for (const { channel, message } of this.held.splice(0)) {
      try {
        channel.nack(message, false, true);
      } catch {
        // it is being closed: the broker redelivers all of it
      }
    }
  }

  /** The broker redelivers what a closed channel has not acknowledged. */
  private forget(channel: Channel): void {
    this.held = this.held.filter((event) => event.channel !== channel);
    if (this.consumer?.channel === channel) {
      this.consumer = undefined;
    }
  }
}
