import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload, Transport, type KafkaContext } from '@nestjs/microservices';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LibrdkafkaBroker } from '../support/librdkafka-broker.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

const PARTITIONS = [0, 1, 2, 3];
const SESSION = 6_000;
/** Nest's servers add to what the options say. */
const GROUP = 'orders-server';

let broker: LibrdkafkaBroker;
let redis: RedisServer;
beforeAll(async () => {
  [broker, redis] = await Promise.all([LibrdkafkaBroker.start(), RedisServer.start()]);
});
afterAll(() => Promise.all([broker.stop(), redis.stop()]));

interface Handled {
  readonly by: string;
  readonly partition: number;
  readonly n: number;
}

const handled: Handled[] = [];

/** One of two replicas that share the partitions of a topic. */
function replica(by: string) {
  @Controller()
  class Orders {
    @EventPattern('paid')
    async paid(@Payload() { n }: { n: number }, @Ctx() context: unknown): Promise<void> {
      handled.push({ by, partition: (context as KafkaContext).getPartition(), n });
    }
  }
  const server = {
    transport: Transport.KAFKA as const,
    options: {
      client: { brokers: [broker.address], logLevel: 0 },
      consumer: { groupId: 'orders', heartbeatInterval: 200, sessionTimeout: SESSION, maxWaitTimeInMs: 50 },
      subscribe: { fromBeginning: true },
      run: { autoCommitThreshold: 1 },
    },
  };
  return startHybrid([server], { controllers: [Orders] }, { redis: redis.url });
}

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n);
const of = (partition: number): number[] =>
  handled.filter((event) => event.partition === partition).map(({ n }) => n);

it('events wait while replicas join and leave a group, longer than a session lasts, and none is lost', async () => {
  const sendAll = (count: number, from: number): Promise<void[]> =>
    Promise.all(
      PARTITIONS.map((partition) =>
        broker.send(
          'paid',
          partition,
          range(count, from).map((n) => ({ n })),
        ),
      ),
    );
  await sendAll(5, 0);
  await using one = await replica('one');
  await until(() => handled.length === 20, { timeout: 20_000 });
  await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
  const two = await replica('two');
  try {
    await sendAll(250, 5);
    // the group has been divided anew, and what each has is fetched and held
    await new Promise((resolve) => setTimeout(resolve, SESSION + 1_000));
    expect(handled).toHaveLength(20);
    expect(await broker.committed(GROUP, 'paid')).toEqual([5, 5, 5, 5]);
  } finally {
    await two[Symbol.asyncDispose]();
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(handled).toHaveLength(20);
  await one.service.setMaintenance(false);
  await until(() => handled.length >= 1_020, { timeout: 20_000 });
  PARTITIONS.forEach((partition) => expect(of(partition)).toEqual(range(255)));
  await until(async () => (await broker.committed(GROUP, 'paid')).every((offset) => offset === 255));
}, 90_000);
