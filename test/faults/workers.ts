// What a replica does besides serving requests: a method that is called every now and then, a queue, events.
import { BullModule, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Controller,
  Inject,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
} from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
  type RmqContext,
} from '@nestjs/microservices';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import type { Job } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceBullModule } from '../../lib/integrations/bullmq/index.js';
import { replicaOf, type Journal } from './history.js';
import {
  MaintenanceExempt,
  MaintenanceKeys,
  MaintenanceService,
  SkipDuringMaintenance,
} from '../../lib/index.js';

/** The key that all this belongs to. */
const KEY = 'job';

export interface Doing {
  readonly call: string;
  readonly ms: number;
  /** Milliseconds that a guard of the application takes before. */
  readonly late?: number;
}

/** What they share with the replica. */
export interface WorkerSurroundings {
  /** Of the process. */
  readonly name: string;
  readonly redisPort: number;
  /** Of the events that it takes. */
  readonly pattern: string;
  readonly journal: Journal;
  /** Notes what begins, and gives what notes that it is over. */
  enter(call: string, route: string, attempts?: number): () => void;
}

class LateGuard implements CanActivate {
  canActivate(context: ExecutionContext): Promise<boolean> {
    return delay(context.switchToRpc().getData<Doing>().late ?? 0, true);
  }
}

export function workersOf({ name, redisPort, pattern, journal, enter }: WorkerSurroundings): ModuleMetadata {
  const handle = async ({ call, ms }: Doing, kind: string, attempts?: number): Promise<void> => {
    const done = enter(call, `/${KEY}/${kind}`, attempts);
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

    @Interval(130)
    async callMissed(): Promise<void> {
      const call = `${name}-missed-${++this.count}`;
      journal.note({ e: 'due', call });
      await this.missed(call);
      journal.note({ e: 'past', call });
    }

    @SkipDuringMaintenance(KEY, { missed: 'once' })
    missed(call: string): Promise<void> {
      return handle({ call, ms: 20 }, 'missed');
    }
  }

  // who dies or stands still loses its jobs within a run, not after it
  @Processor('faults', { concurrency: 4, lockDuration: 4_000, stalledInterval: 1_500, maxStalledCount: 100 })
  @MaintenanceKeys(KEY)
  class Queued extends WorkerHost {
    process(job: Job<Doing>): Promise<void> {
      return handle(job.data, 'queued', job.attemptsMade);
    }

    /** Shorter than the job, which it is a part of. */
    @OnWorkerEvent('active')
    told({ data: { call, ms } }: Job<Doing>): Promise<void> {
      return handle({ call: `${call}-told`, ms: Math.max(0, ms - 8) }, 'told');
    }
  }

  @Controller()
  @MaintenanceKeys(KEY)
  class Events {
    constructor(@Inject(MaintenanceService) private readonly maintenance: MaintenanceService) {}

    @EventPattern<Record<string, Doing>>(pattern)
    async handle(@Payload() event: Doing, @Ctx() context: unknown): Promise<void> {
      await handle(event, 'event');
      acknowledge(context);
    }

    /** Its transport cannot keep it. Each replica gets it. */
    @EventPattern('passing', Transport.REDIS)
    pass(@Payload() { call, ms }: Doing): Promise<void> {
      return handle({ call: `${call}-${name}`, ms }, 'passing');
    }

    /** The same, and what it has to do can wait. */
    @EventPattern('noted', Transport.REDIS)
    async noted(@Payload() { call, ms }: Doing): Promise<void> {
      const work = (): Promise<void> => handle({ call: `${call}-${name}`, ms }, 'noted');
      await this.maintenance.whileOpen(KEY, work, { otherwise: 'wait' });
    }

    /** Each replica is asked, and answers. */
    @UseGuards(LateGuard)
    @MessagePattern('asked', Transport.REDIS)
    async answer(@Payload() { call, ms }: Doing): Promise<string> {
      await handle({ call: `${call}-${name}`, ms }, 'asked');
      return 'done';
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

/** @param url of RabbitMQ, `redis:` for the Redis of the replica, or host and port of a Kafka broker */
export function eventServer(url: string, name: string, redisPort: number): MicroserviceOptions {
  if (url.startsWith('amqp:')) return rabbit(url);
  return url === 'redis:' ? redis(redisPort) : kafka(url, replicaOf(name));
}

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

const redis = (port: number): MicroserviceOptions => ({
  transport: Transport.REDIS,
  options: { host: '127.0.0.1', port, retryAttempts: Infinity, retryDelay: 200 },
});

/** A group for each replica: the broker of these tests knows groups of one. */
const kafka = (broker: string, group: string): MicroserviceOptions => ({
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [broker], logLevel: 0 },
    consumer: { groupId: group, heartbeatInterval: 200, sessionTimeout: 3_000, maxWaitTimeInMs: 50 },
    subscribe: { fromBeginning: true },
    run: { autoCommitThreshold: 1 },
  },
});
