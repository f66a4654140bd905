// What a replica does besides serving requests: a method that is called every now and then, a queue, events.
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Injectable, type ModuleMetadata } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type MicroserviceOptions,
  type RmqContext,
} from '@nestjs/microservices';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import type { Job } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceBullModule } from '../../lib/integrations/bullmq/index.js';
import { MaintenanceExempt, MaintenanceKeys, SkipDuringMaintenance } from '../../lib/index.js';

/** The key that all this belongs to. */
const KEY = 'job';

export interface Doing {
  readonly call: string;
  readonly ms: number;
}

/** Notes what begins and what is over. */
export type Note = (call: string, route: string) => () => void;

/** @param name of the process */
export function workersOf(name: string, redisPort: number, note: Note): ModuleMetadata {
  const handle = async ({ call, ms }: Doing, kind: string): Promise<void> => {
    const done = note(call, `/${KEY}/${kind}`);
    await delay(ms);
    done();
  };

  @Injectable()
  class Ticks {
    private count = 0;

    @SkipDuringMaintenance(KEY)
    @Interval(40)
    tick(): Promise<void> {
      return handle({ call: `${name}-tick-${++this.count}`, ms: 30 }, 'tick');
    }
  }

  @Processor('faults', { concurrency: 4 })
  @MaintenanceKeys(KEY)
  class Queued extends WorkerHost {
    process(job: Job<Doing>): Promise<void> {
      return handle(job.data, 'queued');
    }
  }

  @Controller()
  @MaintenanceKeys(KEY)
  class Events {
    @EventPattern('events')
    async handle(@Payload() event: Doing, @Ctx() context: unknown): Promise<void> {
      await handle(event, 'event');
      acknowledge(context);
    }

    /** A queue with an event that is never kept is consumed until one of the others has to wait. */
    @MaintenanceExempt()
    @EventPattern('notes', Transport.RMQ)
    note(_event: unknown): void {}
  }

  return {
    imports: [
      ScheduleModule.forRoot(),
      BullModule.forRoot({ connection: { host: '127.0.0.1', port: redisPort } }),
      BullModule.registerQueue({ name: 'faults' }),
      MaintenanceBullModule.forRoot(),
    ],
    controllers: [Events],
    providers: [Ticks, Queued],
  };
}

/** RabbitMQ is told when an event was handled; Kafka's client says so by itself. */
function acknowledge(context: unknown): void {
  const { getChannelRef, getMessage } = context as Partial<RmqContext>;
  const channel = getChannelRef?.call(context as RmqContext) as { ack(message: unknown): void } | undefined;
  channel?.ack(getMessage?.call(context as RmqContext));
}

/** @param url of RabbitMQ, or host and port of a Kafka broker */
export const eventServer = (url: string): MicroserviceOptions =>
  url.startsWith('amqp:') ? rabbit(url) : kafka(url);

const rabbit = (url: string): MicroserviceOptions => ({
  transport: Transport.RMQ,
  options: {
    urls: [url],
    queue: 'faults',
    queueOptions: { durable: false },
    noAck: false,
    prefetchCount: 5,
  },
});

const kafka = (broker: string): MicroserviceOptions => ({
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [broker], logLevel: 0 },
    consumer: { groupId: 'faults', heartbeatInterval: 200, sessionTimeout: 3_000, maxWaitTimeInMs: 50 },
    subscribe: { fromBeginning: true },
    run: { autoCommitThreshold: 1 },
  },
});
