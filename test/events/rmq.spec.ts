import {
  Catch,
  Controller,
  Inject,
  type ArgumentsHost,
  type Provider,
  type RpcExceptionFilter,
  type Type,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
  type ClientOptions,
  type RmqContext,
  type RmqOptions,
} from '@nestjs/microservices';
import { connect, type ConfirmChannel } from 'amqplib';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { firstValueFrom, throwError, type Observable } from 'rxjs';
import {
  MaintenanceConfigurationError,
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKeys,
  MaintenanceService,
} from 'nestjs-maintenance';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { freePort } from '../support/process.js';
import { RabbitServer } from '../support/rabbit.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

/** How long the broker waits for an acknowledgement before it closes the channel. */
const BROKER_LIMIT = 5_000;

let rabbit: RabbitServer;
let gates: Gates;
let handled: { name: string; n: number; redelivered: boolean }[];
let queue: string;
let queues = 0;

beforeAll(async () => {
  rabbit = await RabbitServer.start({ consumer_timeout: BROKER_LIMIT, channel_tick_interval: 500 });
}, 90_000);
afterAll(() => rabbit?.stop());
beforeEach(() => {
  gates = new Gates();
  handled = [];
  queue = `orders-${++queues}`;
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes that are not garbage. */
const heapUsed = (): number => (collect(), process.memoryUsage().heapUsed);
const numbers = (): number[] => handled.map(({ n }) => n);
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function handle(
  name: string,
  { n, gate }: { n: number; gate?: string },
  context: unknown,
): Promise<void> {
  const { fields } = (context as RmqContext).getMessage() as { fields: { redelivered: boolean } };
  handled.push({ name, n, redelivered: fields.redelivered });
  if (gate) {
    await gates.pass(gate);
  }
  acknowledge(context);
}

function acknowledge(context: unknown): void {
  const rmq = context as RmqContext;
  (rmq.getChannelRef() as { ack(message: unknown): void }).ack(rmq.getMessage());
}

@Controller()
class Orders {
  @EventPattern('paid')
  paid(@Payload() data: { n: number; gate?: string }, @Ctx() context: unknown): Promise<void> {
    return handle('paid', data, context);
  }
}

@Controller()
class Two extends Orders {
  @MaintenanceKeys('billing')
  @EventPattern('billed')
  billed(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
    return handle('billed', data, context);
  }
}

@Controller()
class Answers {
  private channel: ConfirmChannel | undefined;

  @MessagePattern('ask', Transport.RMQ)
  ask(@Ctx() context: RmqContext): string {
    this.channel = context.getChannelRef() as ConfirmChannel;
    acknowledge(context);
    return 'answer';
  }

  /** Nest waits for no confirmation: one that is open when the application closes is a rejection that nobody handles. */
  async confirmed(): Promise<void> {
    await this.channel?.waitForConfirms();
  }
}

const server = (name = queue, options: RmqOptions['options'] = {}): RmqOptions => ({
  transport: Transport.RMQ,
  options: {
    urls: [rabbit.url],
    queue: name,
    queueOptions: { durable: false },
    noAck: false,
    prefetchCount: 5,
    ...options,
  },
});

/** Somebody else, who sends events and looks at queues. */
async function openBroker(name = queue, options: object = { durable: false }) {
  const connection = await connect(rabbit.url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(name, options);
  return {
    emit(pattern: string, data: object): void {
      channel.sendToQueue(name, Buffer.from(JSON.stringify({ pattern, data })));
    },
    sent: () => channel.waitForConfirms(),
    /** Messages that nobody has been given. */
    ready: async () => (await channel.checkQueue(name)).messageCount,
    consumers: async () => (await channel.checkQueue(name)).consumerCount,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

describe('events of a RabbitMQ queue with noAck: false', () => {
  it('stay in the queue for longer than the broker waits for an acknowledgement, in order, and none is lost', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    await using broker = await openBroker();
    broker.emit('paid', { n: -1 });
    await until(() => handled.length === 1);
    await at.service.setMaintenance(true);
    range(1_000).forEach((n) => broker.emit('paid', { n }));
    await broker.sent();
    const before = heapUsed();
    await pause(BROKER_LIMIT + 1_500);
    expect(handled).toHaveLength(1);
    expect(heapUsed() - before).toBeLessThan(2_000_000);
    expect(await broker.consumers()).toBe(0);
    // all of them, also those that had been delivered
    expect(await broker.ready()).toBe(1_000);
    await at.service.setMaintenance(false);
    await until(() => handled.length === 1_001, { timeout: 15_000 });
    expect(numbers().slice(1)).toEqual(range(1_000));
    expect(handled.filter(({ redelivered }) => redelivered).length).toBeLessThanOrEqual(5);
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
    await until(async () => (await broker.ready()) === 0);
  });

  it('go back once, at most prefetchCount of them, if only some events of the queue have to wait', async () => {
    await using at = await startHybrid([server()], { controllers: [Two] });
    await using broker = await openBroker();
    await at.service.setMaintenance(true, 'billing');
    broker.emit('paid', { n: 0 });
    await until(() => handled.length === 1);
    range(20).forEach((n) => broker.emit('billed', { n: n + 1 }));
    await broker.sent();
    await until(async () => (await broker.consumers()) === 0);
    // what was delivered too
    await until(async () => (await broker.ready()) === 20);
    await pause(100);
    expect(handled).toHaveLength(1);
    expect(await broker.ready()).toBe(20);
    await at.service.setMaintenance(false, 'billing');
    await until(() => handled.length === 21);
    expect(numbers()).toEqual(range(21));
    const again = handled.filter(({ redelivered }) => redelivered).length;
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(5);
  });

  it('a broker that stops answering while an event waits fails nothing in an application that closes', async () => {
    await using wire = await TcpProxy.start({ host: '127.0.0.1', port: rabbit.port });
    const urls = [rabbit.url.replace(String(rabbit.port), String(wire.port))];
    const at = await startHybrid([server(queue, { urls })], { controllers: [Two] });
    await using broker = await openBroker();
    await at.service.setMaintenance(true, 'billing');
    broker.emit('billed', { n: 1 });
    await broker.sent();
    // it was delivered, and is held
    await until(async () => (await broker.consumers()) === 0);
    wire.pause();
    const closed = at.app.close();
    await pause(2_500);
    wire.resume();
    await closed;
    await until(async () => (await broker.ready()) === 1);
    expect(handled).toEqual([]);
  });

  it('count one more delivery in a quorum queue when they go back', async () => {
    const counts: unknown[] = [];
    @Controller()
    class Counted {
      @EventPattern('paid')
      paid(@Ctx() context: unknown): void {
        const { properties } = (context as RmqContext).getMessage() as {
          properties: { headers?: Record<string, unknown> };
        };
        counts.push(properties.headers?.['x-delivery-count'] ?? 0);
        acknowledge(context);
      }

      /** So that the queue is consumed until an event has to wait. */
      @MaintenanceExempt()
      @EventPattern('noted')
      noted(_data: unknown): void {}
    }
    const queueOptions = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
    await using at = await startHybrid([server(queue, { queueOptions })], { controllers: [Counted] });
    await using broker = await openBroker(queue, queueOptions);
    await at.service.setMaintenance(true);
    broker.emit('paid', { n: 0 });
    await until(async () => (await broker.consumers()) === 0);
    await until(async () => (await broker.ready()) === 1);
    await at.service.setMaintenance(false);
    await until(() => counts.length === 1);
    expect(counts).toEqual([1]);
  });

  it('are held, and not redelivered, if maintenance is short', async () => {
    @Controller()
    class Marked {
      @MaintenanceKeys('billing')
      @EventPattern('billed')
      billed(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
        return handle('billed', data, context);
      }

      @MaintenanceExempt()
      @EventPattern('noted')
      noted(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
        return handle('noted', data, context);
      }

      @EventPattern('seen')
      seen(_data: unknown): void {}
    }
    await using at = await startHybrid([server()], { controllers: [Marked] });
    await using broker = await openBroker();
    await at.service.setMaintenance(true, 'billing');
    broker.emit('noted', { n: 0 });
    await until(() => handled.length === 1);
    range(8).forEach((n) => broker.emit('billed', { n: n + 1 }));
    await until(async () => (await broker.consumers()) === 0);
    await at.service.setMaintenance(false, 'billing');
    await until(() => handled.length === 9);
    expect(numbers()).toEqual(range(9));
    expect(handled.some(({ redelivered }) => redelivered)).toBe(false);
  });

  it('are handled while exempt, until another event has to wait', async () => {
    @Controller()
    class Exempt extends Orders {
      @MaintenanceExempt()
      @EventPattern('noted')
      noted(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
        return handle('noted', data, context);
      }
    }
    await using at = await startHybrid([server()], { controllers: [Exempt] });
    await using broker = await openBroker();
    await at.service.setMaintenance(true);
    range(3).forEach((n) => broker.emit('noted', { n }));
    await until(() => handled.length === 3);
    broker.emit('paid', { n: 3 });
    await until(async () => (await broker.consumers()) === 0);
    expect(handled).toHaveLength(3);
    await at.service.setMaintenance(false);
    await until(() => handled.length === 4);
    expect(numbers()).toEqual(range(4));
  });

  it('in flight are waited for by name', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    await using broker = await openBroker();
    broker.emit('paid', { n: 0, gate: 'a' });
    await until(() => gates.begun.includes('a'));
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 200 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error.message).toContain('Orders.paid');
    expect((await at.service.replicas())[0]?.inFlight).toBe(1);
    const working = at.service.maintain('general', () => [...gates.ended]);
    gates.open('a');
    expect(await working).toEqual(['a']);
    await until(async () => (await at.service.replicas())[0]?.inFlight === 0);
  });

  it('are not handled while work runs, and once each, on many replicas under load', async () => {
    await using redis = await RedisServer.start();
    const start = () => startHybrid([server()], { controllers: [Orders] }, { redis: redis.url });
    await using first = await start();
    await using second = await start();
    await using third = await start();
    await using broker = await openBroker();
    expect(await third.service.replicas()).toHaveLength(3);
    let overlaps = 0;
    for (const round of range(8)) {
      range(100).forEach((n) => broker.emit('paid', { n: round * 100 + n }));
      await (round % 2 ? first : second).service.maintain('general', async () => {
        const before = handled.length;
        await pause(60);
        overlaps += handled.length - before;
      });
      await pause(10);
    }
    expect(overlaps).toBe(0);
    await until(() => handled.length >= 800, { timeout: 15_000 });
    await until(async () => (await broker.ready()) === 0);
    expect(new Set(numbers()).size).toBe(800);
    expect(handled).toHaveLength(800);
  });

  it('wait if a key is on already, and if the connection is lost meanwhile', async () => {
    await using at = await startHybrid([server()], { controllers: [Orders] });
    await using broker = await openBroker();
    await at.service.setMaintenance(true);
    const [microservice] = at.app.getMicroservices();
    const connection = microservice?.unwrap<{ reconnect(): void; isConnected(): boolean }>();
    broker.emit('paid', { n: 0 });
    connection?.reconnect();
    await until(() => connection?.isConnected());
    await pause(300);
    broker.emit('paid', { n: 1 });
    await pause(300);
    expect(handled).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => handled.length === 2);
    expect(numbers()).toEqual([0, 1]);
  });

  it('that wait when the application shuts down return to their queue, and the next one handles them', async () => {
    await using broker = await openBroker();
    {
      await using at = await startHybrid([server()], { controllers: [Orders] });
      broker.emit('paid', { n: 0 });
      await until(() => handled.length === 1);
      await at.service.setMaintenance(true);
      range(7).forEach((n) => broker.emit('paid', { n: n + 1 }));
      await broker.sent();
      // Nest waits for no answer of the broker
      await until(async () => (await broker.consumers()) === 0);
    }
    await until(async () => (await broker.ready()) === 7);
    expect(numbers()).toEqual([0]);
    await using next = await startHybrid([server()], { controllers: [Orders] });
    await until(() => handled.length === 8);
    expect([numbers(), next.service.isActive()]).toEqual([range(8), false]);
  });

  it('do not affect the responses or refusals of messages over other transports', async () => {
    @MaintenanceKeys('billing')
    @Controller()
    class Billing {
      @EventPattern('billed', Transport.RMQ)
      billed(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
        return handle('billed', data, context);
      }
    }
    @Controller()
    class Asked {
      @MessagePattern('ask', Transport.TCP)
      ask(): string {
        return 'answer';
      }
    }
    const tcp = { host: '127.0.0.1', port: await freePort() };
    const servers = [server(), { transport: Transport.TCP, options: tcp } as const];
    await using at = await startHybrid(servers, { controllers: [Billing, Asked] });
    await using broker = await openBroker();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: tcp });
    const ask = () => firstValueFrom(client.send<string>('ask', ''));
    await at.service.setMaintenance(true, 'billing');
    range(20).forEach((n) => broker.emit('billed', { n }));
    await until(async () => (await broker.consumers()) === 0);
    expect(await ask()).toBe('answer');
    await at.service.setMaintenance(true);
    await expect(ask()).rejects.toMatchObject({ maintenanceMode: true });
    await at.service.setMaintenance(false);
    expect([await ask(), handled]).toEqual(['answer', []]);
    await at.service.setMaintenance(false, 'billing');
    await until(() => handled.length === 20);
    await client.close();
  });

  it('do not affect the responses or refusals of messages of other queues', async () => {
    const answers = `${queue}-answers`;
    await using site = await startHybrid([server(answers)], { controllers: [Answers] });
    const client = ClientProxyFactory.create({
      transport: Transport.RMQ,
      options: { urls: [rabbit.url], queue: answers, queueOptions: { durable: false } },
    });
    const ask = () => firstValueFrom(client.send<string>('ask', {}));
    expect(await ask()).toBe('answer');
    await site.service.setMaintenance(true);
    expect(await ask().catch((error: unknown) => error)).toMatchObject({ maintenanceMode: true });
    await site.service.setMaintenance(false);
    expect(await ask()).toBe('answer');
    await site.app.get(Answers).confirmed();
    await client.close();
  });

  it('know their call if the handler uses the service', async () => {
    const said: boolean[] = [];
    @Controller()
    class Asking {
      @Inject() private readonly service!: MaintenanceService;

      @EventPattern('paid')
      paid(@Ctx() context: unknown): void {
        said.push(this.service.mayContinue());
        acknowledge(context);
      }
    }
    await using at = await startHybrid([server()], { controllers: [Asking] });
    await using broker = await openBroker();
    broker.emit('paid', { n: 0 });
    await until(() => said.length > 0);
    expect([said, at.service.isActive()]).toEqual([[true], false]);
  });
});

describe("with events: 'refuse' and noAck: false", () => {
  @Catch(RpcException)
  class Acknowledging implements RpcExceptionFilter<RpcException> {
    static caught = 0;

    catch(exception: RpcException, host: ArgumentsHost): Observable<never> {
      Acknowledging.caught++;
      acknowledge(host.switchToRpc().getContext());
      return throwError(() => exception.getError());
    }
  }

  @Controller()
  class Twice {
    @EventPattern('paid')
    first(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<void> {
      return handle('first', data, context);
    }

    @EventPattern('paid')
    second(@Payload() _data: object): void {}
  }

  @Controller()
  class Requests {
    @MessagePattern('paid')
    async paid(@Payload() data: { n: number }, @Ctx() context: unknown): Promise<string> {
      await handle('requests', data, context);
      return 'paid';
    }
  }

  it.each<[what: string, controllers: Type[], filters: Provider[]]>([
    ['', [Orders], []],
    [', sent to a handler of requests', [Requests], []],
    [', with a filter that acknowledges', [Orders], [{ provide: APP_FILTER, useClass: Acknowledging }]],
    [', with two handlers', [Twice], []],
  ])(
    'more than prefetchCount are refused and dead-lettered, and the queue goes on%s',
    async (_, controllers, providers) => {
      const dead = `${queue}-dead`;
      const options = {
        durable: false,
        arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
      };
      await using letters = await openBroker(dead);
      await using at = await startHybrid(
        [server(queue, { queueOptions: options })],
        { controllers, providers },
        { events: 'refuse' },
      );
      await using broker = await openBroker(queue, options);
      await at.service.setMaintenance(true);
      range(12).forEach((n) => broker.emit('paid', { n }));
      await broker.sent();
      await until(async () => (providers.length > 0 ? Acknowledging.caught : await letters.ready()) === 12);
      await at.service.setMaintenance(false);
      broker.emit('paid', { n: 12 });
      await until(() => handled.length === 1);
      // nothing is delivered again
      await at.app.close();
      expect([numbers(), await broker.ready()]).toEqual([[12], 0]);
    },
  );

  it('a refused request is answered once, and not redelivered', async () => {
    await using at = await startHybrid([server()], { controllers: [Answers] });
    const client = ClientProxyFactory.create(server(queue, { noAck: true }) as ClientOptions);
    const ask = () => firstValueFrom(client.send<string>('ask', ''));
    expect(await ask()).toBe('answer');
    await at.service.setMaintenance(true);
    for (let n = 0; n < 7; n++) {
      await expect(ask()).rejects.toMatchObject({ code: 'MAINTENANCE' });
    }
    await at.service.setMaintenance(false);
    expect(await ask()).toBe('answer');
    await at.app.get(Answers).confirmed();
    await at.app.close();
    await client.close();
    await using broker = await openBroker();
    expect(await broker.ready()).toBe(0);
  });
});

describe('a RabbitMQ microservice', () => {
  /** Nest waits for no answer of the broker: an application that is closed before it leaves a rejection unhandled. */
  const consumes = async (name = queue): Promise<void> => {
    await using broker = await openBroker(name);
    await until(async () => (await broker.consumers()) > 0);
  };

  it('does not start where events and messages share a queue', async () => {
    const controllers = [Orders, Answers];
    const error = await failure(startHybrid([server()], { controllers }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toContain(`RMQ (${queue})`);
    expect(error.message).toContain('paid (Orders.paid)');
    for (const events of ['pass', 'refuse'] as const) {
      await using at = await startHybrid([server()], { controllers }, { events });
      expect(at.service.isActive()).toBe(false);
      await consumes();
    }
  });

  it('warns about a prefetchCount of 0, and about noAck', async () => {
    await using unlimited = await startHybrid([server(queue, { prefetchCount: 0 })], {
      controllers: [Orders],
    });
    expect(unlimited.log.filter((line) => line.includes('prefetchCount'))).toHaveLength(1);
    await using acknowledged = await startHybrid([server(`${queue}-b`, { noAck: true })], {
      controllers: [Orders],
    });
    const warnings = acknowledged.log.filter((line) => line.includes('paid (Orders.paid)'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('noAck');
    await Promise.all([consumes(), consumes(`${queue}-b`)]);
  });
});
