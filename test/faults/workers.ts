// What a replica does besides serving requests: a method that is called every now and then, a queue, events.
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Injectable, type ModuleMetadata } from '@nestjs/common';
import { EventPattern, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import type { Job } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceBullModule } from '../../lib/integrations/bullmq/index.js';
import { MaintenanceKeys, SkipDuringMaintenance } from '../../lib/index.js';

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
    handle(event: Doing): Promise<void> {
      return handle(event, 'event');
    }
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

export const eventServer = (port: number): MicroserviceOptions => ({
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [`127.0.0.1:${port}`], logLevel: 0 },
    consumer: { groupId: 'faults', heartbeatInterval: 200, sessionTimeout: 3_000, maxWaitTimeInMs: 50 },
    subscribe: { fromBeginning: true },
    run: { autoCommitThreshold: 1 },
  },
});
