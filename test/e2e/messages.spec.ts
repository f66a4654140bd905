import { Controller, Injectable, Module, UseGuards, type CanActivate } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { defer, firstValueFrom, from, of, type Observable } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { until } from '../support/until.js';

const handled: unknown[] = [];
let hold: Promise<void> | undefined;

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('say')
  async say(@MessageBody() text: string): Promise<string> {
    handled.push(text);
    await hold;
    return `said ${text}`;
  }

  @SubscribeMessage('stream')
  stream(): unknown {
    return of({ event: 'stream', data: 1 });
  }

  @MaintenanceExempt()
  @SubscribeMessage('alive')
  alive(): string {
    return 'alive';
  }

  @MaintenanceKeys('billing')
  @SubscribeMessage('pay')
  pay(): string {
    return 'paid';
  }
}

@Injectable()
class SlowGuard implements CanActivate {
  static pass: Promise<void> | undefined;
  static asked = 0;

  async canActivate(): Promise<boolean> {
    SlowGuard.asked++;
    await SlowGuard.pass;
    return true;
  }
}

@UseGuards(SlowGuard)
@WebSocketGateway()
class SlowGateway {
  @SubscribeMessage('slow')
  slow(): string {
    handled.push('slow');
    return 'slow';
  }
}

@Controller()
class SumController {
  @MessagePattern('sum')
  async sum(numbers: number[]): Promise<number> {
    handled.push(numbers);
    await hold;
    return numbers.reduce((left, right) => left + right, 0);
  }

  @UseGuards(SlowGuard)
  @MessagePattern('slow')
  slow(): string {
    handled.push('slow');
    return 'slow';
  }

  @UseGuards(SlowGuard)
  @EventPattern('slow-note')
  slowNote(text: string): void {
    handled.push(text);
  }

  @EventPattern('note')
  async note(text: string): Promise<void> {
    handled.push(text);
    await hold;
  }

  @EventPattern('flow')
  flow(_text: string): Observable<unknown> {
    return defer(() => {
      handled.push('flow');
      return from(hold ?? []);
    });
  }

  @MaintenanceExempt()
  @MessagePattern('alive')
  alive(): string {
    return 'alive';
  }
}

/** A microservice over TCP, as far as its port is concerned. */
interface Listening {
  serverInstance: { server: { address(): { port: number } } };
}

const FACTS = {
  status: 'error',
  code: 'MAINTENANCE',
  statusCode: 503,
  error: 'Service Unavailable',
  message: 'Closed.',
  maintenanceMode: true,
  retryAfter: 60,
  until: null,
};

const sockets: Socket[] = [];
const clients: ClientProxy[] = [];

afterEach(async () => {
  handled.length = 0;
  hold = undefined;
  SlowGuard.pass = undefined;
  sockets.splice(0).forEach((socket) => socket.disconnect());
  await Promise.all(clients.splice(0).map((client) => client.close() as unknown));
});

const connect = (url: string): Socket => {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  sockets.push(socket);
  return socket;
};

const exception = (socket: Socket): Promise<Record<string, unknown>> =>
  new Promise((resolve) => {
    socket.once('exception', resolve);
  });

/** The answer to a message; `null` when the connection goes first. */
const ackOf = (socket: Socket, event: string, data: unknown): Promise<unknown> =>
  socket.emitWithAck(event, data).catch(() => null);

/** Something that others wait for until it is opened. */
const gate = (): { promise: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
};

describe.each(adapters)('gateway messages on %s', (_name, createApp) => {
  const start = (options: MaintenanceRootOptions = {}) =>
    createApp({
      imports: [
        maintenance({ keys: [new MaintenanceKey('billing', { scope: 'marked', order: 1 })], ...options }),
      ],
      providers: [ChatGateway, SlowGateway],
    });

  it('a refused message arrives as an exception, with the facts', async () => {
    await using running = await start();
    const socket = connect(running.url);
    expect(await socket.emitWithAck('say', 'a')).toBe('said a');
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Closed.', reason: 'secret' });
    const refused = exception(socket);
    socket.emit('say', 'b');
    expect(await refused).toEqual(FACTS);
    expect(await socket.emitWithAck('alive', {})).toBe('alive');
    expect(handled).toEqual(['a']);
    await serviceOf(running).setMaintenance(false);
    expect(await socket.emitWithAck('say', 'c')).toBe('said c');
  });

  it('supports marked handlers, streams and status classes that see the socket', async () => {
    class Visitors extends MaintenanceStatus {
      override maintaining(): boolean {
        const { handshake } = this.request as { handshake: { headers: Record<string, string> } };
        return this.value && handshake.headers['x-staff'] !== '1';
      }
    }
    const keys = [
      new MaintenanceKey('billing', { scope: 'marked' }),
      new MaintenanceKey('visitors', { statusClass: Visitors, order: 2 }),
    ];
    await using running = await start({ keys });
    const service = serviceOf(running);
    const socket = connect(running.url);
    await service.setMaintenance(true, 'billing', { message: 'Closed.' });
    expect(await socket.emitWithAck('say', 'a')).toBe('said a');
    const refused = exception(socket);
    socket.emit('pay', {});
    expect(await refused).toMatchObject(FACTS);

    await service.setMaintenance(true, 'visitors');
    const staff = io(running.url, {
      transports: ['websocket'],
      forceNew: true,
      extraHeaders: { 'x-staff': '1' },
    });
    sockets.push(staff);
    expect(await staff.emitWithAck('say', 'b')).toBe('said b');
    const stream = new Promise((resolve) => staff.once('stream', resolve));
    staff.emit('stream');
    expect(await stream).toBe(1);
    const again = exception(socket);
    socket.emit('stream');
    expect(await again).toMatchObject({ code: 'MAINTENANCE' });
  });

  it('drain waits for a message that is being handled', async () => {
    await using running = await start();
    const socket = connect(running.url);
    const { promise, open } = gate();
    hold = promise;
    const answer = ackOf(socket, 'say', 'long');
    await until(() => handled.length === 1);
    const service = serviceOf(running);
    await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
      /ChatGateway\.say/,
    );
    let worked = false;
    const work = service.maintain('general', () => (worked = true), { drain: 20_000 });
    await until(() => service.isInMaintenance().value);
    expect(worked).toBe(false);
    open();
    expect(await answer).toBe('said long');
    expect(await work).toBe(true);
  });

  it('a message delayed by other guards is checked again before it is handled', async () => {
    await using running = await start();
    const socket = connect(running.url);
    const { promise, open } = gate();
    SlowGuard.pass = promise;
    SlowGuard.asked = 0;
    const refused = exception(socket);
    socket.emit('slow', {});
    await until(() => SlowGuard.asked === 1);
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Closed.' });
    open();
    expect(await refused).toMatchObject(FACTS);
    expect(handled).toEqual([]);
  });

  it('two applications with one gateway class do not disturb each other', async () => {
    await using closed = await start();
    await using open = await start({ namespace: 'other' });
    await serviceOf(closed).setMaintenance(true);
    expect(await connect(open.url).emitWithAck('say', 'a')).toBe('said a');
    const socket = connect(closed.url);
    const refused = exception(socket);
    socket.emit('say', 'b');
    expect(await refused).toMatchObject({ code: 'MAINTENANCE' });
  });

  it('guard: false leaves messages alone', async () => {
    await using running = await start({ guard: false });
    await serviceOf(running).setMaintenance(true);
    expect(await connect(running.url).emitWithAck('say', 'a')).toBe('said a');
  });
});

describe('microservice messages', () => {
  const [, createApp] = adapters[0]!;
  const start = async (options: MaintenanceRootOptions = {}) => {
    const running = await createApp(
      { imports: [maintenance(options)], controllers: [SumController] },
      async (app) => {
        app.connectMicroservice<MicroserviceOptions>(
          { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
          { inheritAppConfig: true },
        );
        await app.startAllMicroservices();
      },
    );
    const [microservice] = running.app.getMicroservices() as unknown as [Listening];
    const { server } = microservice.serverInstance;
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: server.address().port },
    });
    clients.push(client);
    return Object.assign(running, { client });
  };

  it('a refused message is rejected with the facts', async () => {
    await using running = await start();
    const { client } = running;
    const send = (pattern: string, data: unknown) => firstValueFrom(client.send<unknown>(pattern, data));
    expect(await send('sum', [1, 2])).toBe(3);
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Closed.' });
    await expect(send('sum', [1, 2])).rejects.toEqual(FACTS);
    expect(await send('alive', '')).toBe('alive');
    await expect(send('sum', [3])).rejects.toMatchObject({ code: 'MAINTENANCE' });
    expect(handled).toEqual([[1, 2]]);
  });

  it('an event has no caller: it is handled, and the start logs that', async () => {
    await using running = await start();
    await serviceOf(running).setMaintenance(true);
    running.client.emit('note', 'kept');
    await until(() => handled.length === 1);
    expect(handled).toEqual(['kept']);
    expect(running.log.filter((line) => line.includes('note (SumController.note)'))).toHaveLength(1);
  });

  it("events: 'refuse' refuses events too, and the log says which are lost", async () => {
    await using running = await start({ events: 'refuse' });
    await serviceOf(running).setMaintenance(true);
    running.client.emit('note', 'lost');
    running.client.emit('note', 'lost as well');
    await expect(firstValueFrom(running.client.send('sum', [3]))).rejects.toMatchObject({
      code: 'MAINTENANCE',
    });
    expect(handled).toEqual([]);
    await until(() => running.log.some((line) => line.includes('SumController.note')));
    expect(running.log.filter((line) => line.includes('SumController.note'))).toHaveLength(1);
  });

  it("events: 'pass' logs nothing at the start", async () => {
    await using running = await start({ events: 'pass' });
    expect(running.log.filter((line) => line.includes('SumController.note'))).toEqual([]);
  });

  it('drain waits for what an event handler streams, and for events without the global guard', async () => {
    await using running = await start({ guard: false });
    const service = serviceOf(running);
    const { promise, open } = gate();
    hold = promise;
    running.client.emit('flow', '');
    await until(() => handled.length === 1);
    await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
      /SumController\.flow/,
    );
    open();
    expect(await service.maintain('general', () => 'done', { drain: 20_000 })).toBe('done');
  });

  it('drain waits for events that arrived before, and not for later ones', async () => {
    await using running = await start();
    const service = serviceOf(running);
    const first = gate();
    hold = first.promise;
    running.client.emit('note', 'before');
    await until(() => handled.length === 1);
    await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
      /SumController\.note/,
    );
    let worked = false;
    const work = service.maintain('general', () => (worked = true), { drain: 20_000 });
    await until(() => service.isInMaintenance().value);
    const second = gate();
    hold = second.promise;
    running.client.emit('note', 'after');
    await until(() => handled.length === 2);
    expect(worked).toBe(false);
    first.open();
    expect(await work).toBe(true);
    second.open();
  });

  it('drain waits for a message that is being handled', async () => {
    await using running = await start();
    const { client } = running;
    const { promise, open } = gate();
    hold = promise;
    const answer = firstValueFrom(client.send<number>('sum', [1, 2])).catch(() => null);
    await until(() => handled.length === 1);
    const service = serviceOf(running);
    await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
      /SumController\.sum/,
    );
    const work = service.maintain('general', () => 'done', { drain: 20_000 });
    await until(() => service.isInMaintenance().value);
    open();
    expect(await answer).toBe(3);
    expect(await work).toBe('done');
  });

  it('a request that other guards delay is refused if a key is on by then', async () => {
    await using running = await start();
    const { promise, open } = gate();
    SlowGuard.pass = promise;
    SlowGuard.asked = 0;
    const refused = firstValueFrom(running.client.send<unknown>('slow', '')).catch((error: unknown) => error);
    await until(() => SlowGuard.asked === 1);
    const begin = async () => {
      open();
      expect(await refused).toMatchObject({ code: 'MAINTENANCE' });
      expect(handled).toEqual([]);
    };
    await serviceOf(running).maintain('general', begin, { drain: false });
  });

  it('so is an event, where events are refused', async () => {
    await using running = await start({ events: 'refuse' });
    const { promise, open } = gate();
    SlowGuard.pass = promise;
    SlowGuard.asked = 0;
    running.client.emit('slow-note', 'late').subscribe();
    await until(() => SlowGuard.asked === 1);
    const begin = async () => {
      open();
      await until(() => running.log.some((line) => line.includes('SumController.slowNote')));
      expect(handled).toEqual([]);
    };
    await serviceOf(running).maintain('general', begin, { drain: false });
  });

  it('a microservice without HTTP is guarded as well', async () => {
    @Module({ imports: [maintenance({ coverage: 'site' })], controllers: [SumController] })
    class SumModule {}
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(SumModule, {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
      abortOnError: false,
    });
    try {
      await app.listen();
      const { server } = (app as unknown as Listening).serverInstance;
      const client = ClientProxyFactory.create({
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: server.address().port },
      });
      clients.push(client);
      const send = (pattern: string, data: unknown) => firstValueFrom(client.send<unknown>(pattern, data));
      expect(await send('sum', [1, 2])).toBe(3);
      await app.get(MaintenanceService).setMaintenance(true, 'general', { message: 'Closed.' });
      await expect(send('sum', [1, 2])).rejects.toEqual(FACTS);
      expect(await send('alive', '')).toBe('alive');
    } finally {
      await app.close();
    }
  });
});

it('an application without any transport can switch keys', async () => {
  @Module({
    imports: [maintenance({ coverage: 'site', bypass: { secret: 'a-secret-of-at-least-32-characters-0' } })],
  })
  class ToolModule {}
  const app = await NestFactory.createApplicationContext(ToolModule, { logger: false, abortOnError: false });
  try {
    const service = app.get(MaintenanceService);
    expect(await service.setMaintenance(true)).toMatchObject({ from: false, to: true });
    expect(service.isInMaintenance().value).toBe(true);
    expect(await service.maintain('general', () => 'worked')).toBe('worked');
  } finally {
    await app.close();
  }
});
