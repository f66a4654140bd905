import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Injectable, Post, type Type } from '@nestjs/common';
import { EventPattern, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { Queue } from 'bullmq';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceStatus,
  SkipDuringMaintenance,
} from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startHybrid, type Hybrid } from '../events/microservices.js';
import { connectionOf } from '../integrations/bull-apps.js';
import { request } from '../support/http.js';
import { KafkaBroker } from '../support/kafka-broker.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

/** Has no mark, belongs to a key, is exempt from all keys, is exempt from one. */
const MARKS = ['plain', 'marked', 'exempt', 'spared'] as const;
type Mark = (typeof MARKS)[number];
const KINDS = ['request', 'method', 'job', 'event'] as const;

const markOf = (mark: Mark): ClassDecorator & MethodDecorator =>
  ({
    plain: () => () => undefined,
    marked: () => MaintenanceKeys('reports'),
    exempt: () => MaintenanceExempt(),
    spared: () => MaintenanceExempt('frozen'),
  })[mark]() as ClassDecorator & MethodDecorator;

let ran: string[] = [];
const note = (kind: (typeof KINDS)[number], mark: Mark): void => void ran.push(`${kind} ${mark}`);

/** One class of each kind for each mark, all with the same decorators. */
function classesOf(mark: Mark): { controllers: Type[]; providers: Type[] } {
  @markOf(mark)
  @Controller(mark)
  class Requests {
    @Post()
    handle(): void {
      note('request', mark);
    }
  }

  @markOf(mark)
  @Controller()
  class Events {
    @EventPattern(mark)
    handle(_event: unknown): void {
      note('event', mark);
    }
  }

  @markOf(mark)
  @Injectable()
  class Methods {
    @SkipDuringMaintenance()
    handle(): void {
      note('method', mark);
    }
  }
  methods.set(mark, Methods);

  @markOf(mark)
  @Processor(mark)
  class Jobs extends WorkerHost {
    process(): Promise<void> {
      note('job', mark);
      return Promise.resolve();
    }
  }
  return { controllers: [Requests, Events], providers: [Methods, Jobs] };
}

class Never extends MaintenanceStatus {
  override maintaining(): boolean {
    return false;
  }
}

const methods = new Map<Mark, Type<{ handle(): void }>>();
let redis: RedisServer;
let broker: KafkaBroker;
let at: Hybrid;
let port: number;
const queues = new Map<Mark, Queue>();

beforeAll(async () => {
  [redis, broker] = await Promise.all([
    RedisServer.start(),
    KafkaBroker.start({ plain: 1, marked: 1, exempt: 1, spared: 1 }),
  ]);
  const classes = MARKS.map(classesOf);
  const kafka: MicroserviceOptions = {
    transport: Transport.KAFKA,
    options: {
      client: { brokers: [`127.0.0.1:${broker.port}`], logLevel: 0 },
      consumer: { groupId: 'marks', heartbeatInterval: 200, sessionTimeout: 6_000, maxWaitTimeInMs: 20 },
      subscribe: { fromBeginning: true },
    },
  };
  at = await startHybrid(
    [kafka],
    {
      imports: [
        BullModule.forRoot({ connection: connectionOf(redis) }),
        BullModule.registerQueue(...MARKS.map((name) => ({ name }))),
        MaintenanceBullModule.forRoot(),
      ],
      controllers: classes.flatMap(({ controllers }) => controllers),
      providers: classes.flatMap(({ providers }) => providers),
    },
    {
      keys: [
        new MaintenanceKey('reports', { scope: 'marked' }),
        new MaintenanceKey('frozen', { readOnly: true }),
        new MaintenanceKey('never', { statusClass: Never }),
      ],
    },
  );
  ({ port } = at.app.getHttpServer().address() as { port: number });
  MARKS.forEach((mark) => queues.set(mark, new Queue(mark, { connection: connectionOf(redis) })));
}, 60_000);
afterAll(async () => {
  await Promise.all([...queues.values()].map((queue) => queue.close()));
  await at?.[Symbol.asyncDispose]();
  await broker?.stop();
  await redis?.stop();
});
beforeEach(() => {
  ran = [];
});

/** One of each kind and mark. */
async function handIn(): Promise<void> {
  for (const mark of MARKS) {
    broker.send(mark, 0, {});
    at.app.get(methods.get(mark) as Type<{ handle(): void }>).handle();
    await queues.get(mark)?.add('job', {});
    await request(port, `/${mark}`, { method: 'POST' });
  }
}

const all = (marks: readonly Mark[], kinds: readonly string[] = KINDS): string[] =>
  kinds.flatMap((kind) => marks.map((mark) => `${kind} ${mark}`)).toSorted();
/** Long enough for what must not begin. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

describe('requests, methods, jobs and events', () => {
  it.each<[key: string, passes: Mark[]]>([
    ['general', ['exempt']],
    ['reports', ['plain', 'exempt', 'spared']],
    ['frozen', ['exempt', 'spared']],
    ['never', [...MARKS]],
  ])('mean the same by their decorators, under the key %s', async (key, passes) => {
    await at.service.setMaintenance(true, key);
    await handIn();
    await until(() => ran.length >= all(passes).length, { timeout: 12_000 });
    await pause();
    expect(ran.toSorted()).toEqual(all(passes));
    // what was neither refused nor skipped has waited
    await at.service.setMaintenance(false, key);
    const later = MARKS.filter((mark) => !passes.includes(mark));
    const whole = [...all(passes), ...all(later, ['job', 'event'])].toSorted();
    await until(() => ran.length >= whole.length, { timeout: 12_000 });
    await pause();
    expect(ran.toSorted()).toEqual(whole);
  });
});
