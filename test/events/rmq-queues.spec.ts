import { Controller } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type RmqContext,
  type RmqOptions,
} from '@nestjs/microservices';
import { connect } from 'amqplib';
import { HOUR, MaintenanceService } from 'nestjs-maintenance';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RmqQueue } from '../../lib/messages/rmq-queue.js';
import { RabbitServer } from '../support/rabbit.js';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

let rabbit: RabbitServer;
let handled: number[];
let queue: string;
let queues = 0;

beforeAll(async () => {
  rabbit = await RabbitServer.start();
}, 90_000);
afterAll(() => rabbit?.stop());
beforeEach(() => {
  handled = [];
  queue = `special-${++queues}`;
});

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const numbers = (): number[] => handled.filter((n) => n >= 0);
/** Longer than each of the limits that these queues have: they are over by then. */
const pastLimits = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_500));

@Controller()
class Orders {
  @EventPattern('paid')
  paid(@Payload() { n }: { n: number }, @Ctx() context: unknown): void {
    const { getMessage, getChannelRef } = context as RmqContext;
    handled.push(n);
    (getChannelRef.call(context) as { ack(message: unknown): void }).ack(getMessage.call(context));
  }
}

const server = (queueOptions: object): RmqOptions => ({
  transport: Transport.RMQ,
  options: { urls: [rabbit.url], queue, queueOptions, noAck: false, prefetchCount: 5 },
});

/** Somebody else, who sends events to a queue that exists. */
async function openSender() {
  const connection = await connect(rabbit.url);
  const channel = await connection.createConfirmChannel();
  return {
    async send(numbers: number[]): Promise<void> {
      numbers.forEach((n) =>
        channel.sendToQueue(queue, Buffer.from(JSON.stringify({ pattern: 'paid', data: { n } }))),
      );
      await channel.waitForConfirms();
    },
    /** RabbitMQ does not say whether a stream has a consumer. */
    async reach(): Promise<void> {
      await until(async () => (await this.send([-1]), handled.length > 0));
    },
    consumers: async () => (await channel.checkQueue(queue)).consumerCount,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

describe('events of a RabbitMQ queue that is deleted without a consumer', () => {
  it.each([
    ['at once', { durable: false, autoDelete: true }],
    ['and go back again and again', { autoDelete: true, arguments: { 'x-consumer-timeout': 400 } }],
    ['after some time', { durable: false, expires: 700 }],
    ['after some time, as an argument says', { durable: false, arguments: { 'x-expires': 700 } }],
  ])('wait in order, and none is lost: %s', async (_when, queueOptions) => {
    await using at = await startHybrid([server(queueOptions)], { controllers: [Orders] });
    await using sender = await openSender();
    await until(async () => (await sender.consumers()) === 1);
    for (const round of range(2)) {
      await at.service.setMaintenance(true);
      await sender.send(range(20).map((n) => round * 20 + n));
      await pastLimits();
      expect(handled).toHaveLength(round * 20);
      expect(await sender.consumers()).toBe(1);
      await at.service.setMaintenance(false);
      await until(() => handled.length === round * 20 + 20);
    }
    expect(handled).toEqual(range(40));
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('wait for a key that is on when the application starts', async () => {
    await using at = await startHybrid([server({ durable: false, expires: 700 })], {
      controllers: [Orders],
      providers: [
        {
          provide: 'CLOSED',
          useFactory: (service: MaintenanceService) => service.setMaintenance(true),
          inject: [MaintenanceService],
        },
      ],
    });
    await using sender = await openSender();
    await sender.send(range(10));
    await pastLimits();
    expect(handled).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => handled.length === 10);
    expect(handled).toEqual(range(10));
  });
});

describe('events of a RabbitMQ stream', () => {
  const stream = { durable: true, arguments: { 'x-queue-type': 'stream' } };

  it('pass, and the start names them, since a stream does not know how far its consumer was', async () => {
    await using at = await startHybrid([server(stream)], { controllers: [Orders] });
    await using sender = await openSender();
    await sender.reach();
    await at.service.setMaintenance(true);
    await sender.send(range(20));
    await until(() => numbers().length === 20);
    await at.service.setMaintenance(false);
    await sender.send([20]);
    await until(() => numbers().length === 21);
    expect(numbers()).toEqual(range(21));
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
    expect(at.log.find((line) => line.includes('paid (Orders.paid)'))).toContain(
      'cannot keep them for later in a stream, and refusing them would lose them',
    );
  });

  it("are refused with events: 'refuse', and the connection stays", async () => {
    await using at = await startHybrid([server(stream)], { controllers: [Orders] }, { events: 'refuse' });
    await using sender = await openSender();
    await sender.reach();
    await at.service.setMaintenance(true);
    await sender.send(range(20));
    await until(() => at.log.some((line) => line.includes('An event was refused')));
    await at.service.setMaintenance(false);
    await sender.send([20]);
    await until(() => handled.includes(20));
    expect(at.log.filter((line) => line.includes('Disconnected'))).toEqual([]);
  });
});

it('events that wait go back rarely to a queue that counts how often it delivers them', () => {
  const waits = (queueOptions: object): number =>
    new RmqQueue({ options: { noAck: false, queueOptions } }).returnAfter;
  const quorum = { 'x-queue-type': 'quorum' };
  // at most twenty times, by default
  expect(waits({ expires: 60_000, arguments: quorum }) * 20).toBeGreaterThan(4 * HOUR);
  expect(waits({ expires: 60_000 })).toBe(30_000);
  expect(waits({ arguments: quorum })).toBe(2_000);
  expect(waits({ expires: 60_000, arguments: { ...quorum, 'x-consumer-timeout': 60_000 } })).toBe(30_000);
});
