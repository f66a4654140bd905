import { outsideOfCalls } from '../core/calls/current-call.js';
import type { OpenWork } from '../core/service/open-work.js';
import type { EventServer, EventSource } from './event-server.js';

/** What kafkajs passes along with a message. */
interface Payload {
  readonly topic: string;
  readonly partition: number;
  readonly message: { offset: string };
  readonly heartbeat: () => Promise<void>;
  /** The same for all messages of a batch, and for no others. */
  readonly pause: () => () => void;
}

interface KafkaServer {
  handleMessage(payload: Payload): Promise<unknown>;
}

interface KafkaContext {
  getHeartbeat(): () => Promise<void>;
}

/** A paused partition, at the first of its messages that has to wait. */
interface Paused {
  offset: bigint;
  resume: () => void;
}

/**
 * Pauses the partition of an event that has to wait. The event is not committed: it is fetched again, with all that follow, once
 * its keys are open. Other partitions go on.
 */
export class KafkaPartitions {
  private readonly payloads = new WeakMap<object, Payload>();
  private readonly paused = new Map<string, Paused>();
  /** The first offset that has to wait of a batch that was fetched, by how its partition is paused. */
  private readonly batches = new WeakMap<Payload['pause'], bigint>();

  constructor(
    events: EventServer,
    private readonly openWork: OpenWork,
  ) {
    const server = events.server as unknown as KafkaServer;
    const original = server.handleMessage;
    server.handleMessage = async (payload) => {
      const waiting = this.batches.get(payload.pause);
      if (waiting !== undefined) {
        // its partition may be resumed while kafkajs still goes through the batch: what follows must not overtake what has waited
        payload.message.offset = String(waiting - 1n);
        return;
      }
      // the context of handlers has its heartbeat, and nothing else leads from it to what kafkajs passed
      this.payloads.set(payload.heartbeat, payload);
      return original.call(server, payload);
    };
  }

  hold(source: EventSource, context: object): void {
    const { getHeartbeat } = context as KafkaContext;
    const payload = this.payloads.get(getHeartbeat.call(context));
    if (!payload) {
      throw new Error('This version of @nestjs/microservices does not expose the Kafka message of an event.');
    }
    const { topic, partition, message } = payload;
    const name = `${topic}/${partition}`;
    const offset = BigInt(message.offset);
    // again each time: a consumer that rejoins its group has forgotten what was paused
    const resume = payload.pause();
    const known = this.paused.get(name);
    const paused: Paused = known ?? { offset, resume };
    paused.resume = resume;
    paused.offset = offset < paused.offset ? offset : paused.offset;
    if (!known) {
      this.paused.set(name, paused);
      outsideOfCalls(() => void this.waitUntilOpen(name, source));
    }
    this.batches.set(payload.pause, paused.offset);
    // kafkajs resumes after the message that was handled last: that is the one before
    message.offset = String(paused.offset - 1n);
  }

  private async waitUntilOpen(name: string, source: EventSource): Promise<void> {
    try {
      await this.openWork.untilOpen(source, { timeout: Infinity, signal: undefined });
    } catch {
      // the application is shutting down
      return;
    }
    const paused = this.paused.get(name);
    this.paused.delete(name);
    paused?.resume();
  }
}
