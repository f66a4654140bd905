import { Controller, Inject, Scope } from '@nestjs/common';
import {
  CONTEXT,
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type KafkaContext,
  type MicroserviceOptions,
  type RequestContext,
} from '@nestjs/microservices';
import { MaintenanceDrainError, MaintenanceKeys } from 'nestjs-maintenance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { KafkaBroker } from '../support/kafka-broker.js';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

let broker: KafkaBroker;
let gates: Gates;
let handled: { topic: string; partition: number; n: number }[];

beforeEach(async () => {
  broker = await KafkaBroker.start({ paid: 2, billed: 1 });
  gates = new Gates();
  handled = [];
});
afterEach(() => broker.stop());

async function handle({ n, gate }: { n: number; gate?: string }, context: unknown): Promise<void> {
  const kafka = context as KafkaContext;
  handled.push({ topic: kafka.getTopic(), partition: kafka.getPartition(), n });
  if (gate) {
    await gates.pass(gate);
  }
}

@Controller()
class Orders {
  @EventPattern('paid')
  paid(@Payload() data: { n: number; gate?: string }, @Ctx() context: unknown): Promise<void> {
    return handle(data, context);
  }

  @MaintenanceKeys('billing')
  @EventPattern('billed')
  billed(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
    return handle(data, context);
  }
}

const server = (heartbeatInterval = 100): MicroserviceOptions => ({
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [`127.0.0.1:${broker.port}`], logLevel: 0 },
    consumer: { groupId: 'orders', heartbeatInterval, sessionTimeout: 1_000, maxWaitTimeInMs: 50 },
    subscribe: { fromBeginning: true },
    // commits as it goes, so that what must not be committed would be
    run: { autoCommitThreshold: 1 },
    producerOnlyMode: false,
  },
});

const of = (topic: string, partition = 0): number[] =>
  handled.filter((event) => event.topic === topic && event.partition === partition).map(({ n }) => n);
const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('events of Kafka', () => {
  it('wait in their partitions, longer than a session lasts; none is committed, none is lost, in order', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    range(3).forEach((n) => broker.send('paid', 0, { n }));
    await until(() => of('paid').length === 3);
    await until(() => broker.committed('paid', 0) === 3);
    await at.service.setMaintenance(true);
    range(500, 3).forEach((n) => broker.send('paid', 0, { n }));
    range(500).forEach((n) => broker.send('paid', 1, { n }));
    await pause(2_500);
    expect(handled).toHaveLength(3);
    expect([broker.committed('paid', 0), broker.committed('paid', 1)]).toEqual([3, 0]);
    await at.service.setMaintenance(false);
    await until(() => handled.length >= 1_003, { timeout: 15_000 });
    expect(of('paid')).toEqual(range(503));
    expect(of('paid', 1)).toEqual(range(500));
    await until(() => broker.committed('paid', 0) === 503 && broker.committed('paid', 1) === 500);
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('that wait when the application shuts down are not committed, and the next one handles them', async () => {
    {
      await using at = await startHybrid([server()], { controllers: [Orders] });
      broker.send('paid', 0, { n: 0 });
      await until(() => broker.committed('paid', 0) === 1);
      await at.service.setMaintenance(true);
      range(3, 1).forEach((n) => broker.send('paid', 0, { n }));
      await pause(300);
    }
    expect([of('paid'), broker.committed('paid', 0)]).toEqual([[0], 1]);
    await using next = await startHybrid([server()], { controllers: [Orders] });
    await until(() => of('paid').length === 4);
    expect([of('paid'), next.service.isActive()]).toEqual([range(4), false]);
  });

  it('are all handled, in order, when the key is turned off while their batch is still gone through', async () => {
    @Controller()
    class Bills {
      @EventPattern('billed')
      billed(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
        return handle(data, context);
      }
    }
    // a heartbeat after each event; there is one partition, so the first one behind a batch is that of its first event
    await using at = await startHybrid([server(0)], { controllers: [Bills] });
    await at.service.setMaintenance(true);
    broker.beforeHeartbeat = async () => {
      if (broker.hasDelivered('billed', 0)) {
        await gates.pass('heartbeat');
      }
    };
    range(3).forEach((n) => broker.send('billed', 0, { n }));
    await until(() => gates.begun.includes('heartbeat'));
    await at.service.setMaintenance(false);
    // what waits for the key hears of it
    await pause(100);
    gates.open('heartbeat');
    await until(() => broker.committed('billed', 0) === 3);
    expect(of('billed')).toEqual(range(3));
  });

  it('of other topics are handled', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    await at.service.setMaintenance(true, 'billing');
    broker.send('billed', 0, { n: 0 });
    await pause(300);
    range(10).forEach((n) => broker.send('paid', 0, { n }));
    await until(() => of('paid').length === 10);
    expect(of('billed')).toEqual([]);
    await at.service.setMaintenance(false, 'billing');
    await until(() => of('billed').length === 1);
  });

  it('in flight are waited for, and nothing is handled while work runs, however often keys change', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    broker.send('paid', 0, { n: 0, gate: 'a' });
    await until(() => gates.begun.includes('a'));
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 200 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error.message).toContain('Orders.paid');
    gates.open('a');
    let overlaps = 0;
    for (const round of range(6)) {
      range(20, 1 + round * 20).forEach((n) => broker.send('paid', n % 2, { n }));
      await at.service.maintain('general', async () => {
        const before = handled.length;
        await pause(60);
        overlaps += handled.length - before;
      });
    }
    expect(overlaps).toBe(0);
    await until(() => handled.length >= 121);
    expect(handled.map(({ n }) => n).sort((a, b) => a - b)).toEqual(range(121));
  });

  it('wait and are waited for with a request-scoped handler that injects the message', async () => {
    @Controller({ scope: Scope.REQUEST })
    class Scoped {
      @Inject(CONTEXT) private readonly host!: RequestContext<{ n: number }>;

      @EventPattern('paid')
      async paid(@Payload() data: { n: number; gate?: string }, @Ctx() context: unknown): Promise<void> {
        expect(this.host.getData()).toEqual(data);
        await handle(data, context);
      }
    }
    await using at = await startHybrid([server()], { controllers: [Scoped] });
    broker.send('paid', 0, { n: 0, gate: 'a' });
    await until(() => gates.begun.includes('a'));
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 200 }));
    expect(error.message).toContain('Scoped.paid');
    await at.service.setMaintenance(true);
    broker.send('paid', 1, { n: 1 });
    gates.open('a');
    await until(() => broker.committed('paid', 0) === 1);
    await pause(200);
    expect(of('paid', 1)).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => of('paid', 1).length === 1);
    expect(at.log.filter((line) => line.includes('inheritAppConfig'))).toEqual([]);
  });

  it("are retried with events: 'refuse', and handled afterwards in order", async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] }, { events: 'refuse' });
    broker.send('paid', 0, { n: 0 });
    await until(() => handled.length === 1);
    await at.service.setMaintenance(true);
    range(3, 1).forEach((n) => broker.send('paid', 0, { n }));
    await until(() => at.log.some((line) => /An event was refused.*Orders\.paid/.test(line)));
    expect(await at.service.maintain('general', () => of('paid'), { drain: 5_000 })).toEqual([0]);
    await at.service.setMaintenance(false);
    await until(() => of('paid').length === 4, { timeout: 10_000 });
    expect(of('paid')).toEqual(range(4));
  });

  it('cause no warning at the start', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    expect(at.log.filter((line) => line.includes('Orders.paid'))).toEqual([]);
  });
});
