import { Controller, Get, Inject, Injectable, Param, Post, Req, Res } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { EventEmitter } from 'node:events';
import {
  MaintenanceConfigurationError,
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceRevokedError,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

describe.each(adapters)('what a running handler may still do, on %s', (_name, createApp) => {
  const start = async (options: MaintenanceRootOptions = {}) => {
    const gates = new Gates();
    const seen: Record<string, boolean[]> = {};
    const signals: Record<string, AbortSignal> = {};

    /** What a handler finds before and after it was held up. */
    const watch = async (id: string, service: MaintenanceService, subject?: unknown): Promise<string> => {
      signals[id] = service.getCallSignal(subject);
      seen[id] = [service.mayContinue(subject)];
      await gates.pass(id);
      seen[id]?.push(service.mayContinue(subject));
      return id;
    };

    @Controller()
    class FollowedController {
      constructor(private readonly service: MaintenanceService) {}

      @Post('followed/:id')
      followed(@Param('id') id: string): Promise<string> {
        return watch(id, this.service);
      }

      @MaintenanceExempt()
      @Post('exempt/:id')
      exempt(@Param('id') id: string): Promise<string> {
        return watch(id, this.service);
      }
    }

    @Controller()
    class RequestController {
      constructor(private readonly modules: ModuleRef) {}

      private get service(): MaintenanceService {
        return this.modules.get(MaintenanceService, { strict: false });
      }

      @Post('request/:id')
      async request(@Param('id') id: string, @Req() incoming: unknown): Promise<string> {
        return watch(id, this.service, incoming);
      }

      @Post('raw/:id')
      async raw(@Param('id') id: string, @Req() incoming: { raw?: unknown }): Promise<string> {
        return watch(id, this.service, incoming.raw ?? incoming);
      }

      @Post('early/:id')
      async early(@Param('id') id: string, @Req() incoming: unknown, @Res() reply: Reply): Promise<void> {
        reply.send('early');
        await watch(id, this.service, incoming);
      }

      @Get('nobody')
      nobody(): string {
        try {
          return String(this.service.mayContinue());
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`;
        }
      }
    }

    const app = await createApp({
      imports: [
        MaintenanceModule.forRoot({
          keys: [new MaintenanceKey('billing')],
          socket: false,
          admin: false,
          ...options,
        }),
      ],
      controllers: [FollowedController, RequestController],
    });
    const service = app.app.get(MaintenanceService);
    return {
      ...app,
      service,
      gates,
      seen,
      signals,
      post: (path: string) => request(app.port, `/${path}`, { method: 'POST' }),
      reaches: (gate: string) => until(() => gates.begun.includes(gate)),
      async finish(...ids: string[]) {
        ids.forEach((id) => gates.open(id));
        await until(() => ids.every((id) => (seen[id]?.length ?? 0) > 1));
      },
      [Symbol.asyncDispose]: app.close,
    };
  };

  it.each(['followed/a', 'request/a', 'raw/a', 'early/a'])(
    'is nothing once a drained maintain() has given up waiting for it: /%s',
    async (path) => {
      await using at = await start();
      const answer = at.post(path);
      await at.reaches('a');
      await expect(at.service.maintain('billing', () => 'never', { drain: 60 })).rejects.toBeInstanceOf(
        MaintenanceDrainError,
      );
      const { a } = at.signals;
      expect(a?.aborted).toBe(true);
      expect(a?.reason).toBeInstanceOf(MaintenanceRevokedError);
      expect(a?.reason).toMatchObject({ code: 'MAINTENANCE_REVOKED' });
      // calls that come later have nothing to do with that
      const other = at.post('followed/b');
      await at.reaches('b');
      await at.finish('a', 'b');
      await Promise.all([answer, other]);
      expect(at.seen).toEqual({ a: [true, false], b: [true, true] });
    },
  );

  it.each([
    ['a switch', (service: MaintenanceService) => service.setMaintenance(true, 'billing')],
    [
      'a hold that does not drain',
      (service: MaintenanceService) => service.maintain('billing', () => 'done', { drain: false }),
    ],
    [
      'a hold that was unset while it drained',
      async (service: MaintenanceService) => {
        const draining = service.maintain('billing', () => 'never').catch((error: unknown) => error);
        await until(() => service.isActive('billing'));
        await service.unsetMaintenance('billing');
        return draining;
      },
    ],
    [
      'a hold that waits for it in time',
      async (service: MaintenanceService) => {
        void service.maintain('billing', () => 'later').catch(() => undefined);
        await until(() => service.isActive('billing'));
      },
    ],
  ])('stays as it is with %s', async (_what, begin) => {
    await using at = await start();
    const answers = [at.post('followed/a'), at.post('request/b')];
    await Promise.all([at.reaches('a'), at.reaches('b')]);
    await begin(at.service);
    await at.finish('a', 'b');
    await Promise.all(answers);
    expect(at.seen).toEqual({ a: [true, true], b: [true, true] });
    expect(at.signals.a?.aborted).toBe(false);
  });

  it('stays as it is for what the key does not refuse', async () => {
    await using at = await start();
    const answers = [at.post('exempt/a'), at.post('followed/b')];
    await Promise.all([at.reaches('a'), at.reaches('b')]);
    await expect(at.service.maintain('billing', () => 'never', { drain: 60 })).rejects.toThrow(
      'was given up',
    );
    await at.finish('a', 'b');
    await Promise.all(answers);
    expect(at.seen).toEqual({ a: [true, true], b: [true, false] });
  });

  it('stays as it is when a hold ends by itself while it waits', async () => {
    await using at = await start();
    const answer = at.post('followed/a');
    await at.reaches('a');
    await expect(at.service.maintain('billing', () => 'never', { timeout: 600 })).rejects.toThrow(
      /time is over/,
    );
    await until(() => at.signals.a?.aborted);
    await at.finish('a');
    await answer;
    expect(at.seen).toEqual({ a: [true, false] });
  });

  it('cannot be asked without a request where calls are not followed, and the error names the option', async () => {
    await using at = await start();
    expect((await request(at.port, '/nobody')).text).toMatch(
      /^MaintenanceConfigurationError: .*followCalls: true/,
    );
    expect(() => at.service.mayContinue()).toThrow(MaintenanceConfigurationError);
    expect(() => at.service.getCallSignal()).toThrow(/followCalls/);
    expect(() => at.service.mayContinue('GET /')).toThrow(/"request" received "GET \/"/);
    expect(at.service.mayContinue({})).toBe(true);
    await using all = await start({ followCalls: true });
    expect((await request(all.port, '/nobody')).text).toBe('true');
  });

  it.each(['Socket.IO', 'ws'])(
    'depends on its message if a handler asks with the socket: %s',
    async (kind) => {
      const gates = new Gates();
      const seen: boolean[] = [];
      @WebSocketGateway()
      class OrdersGateway {
        constructor(readonly service: MaintenanceService) {}

        @SubscribeMessage('order')
        async order(client: object): Promise<void> {
          const signal = this.service.getCallSignal(client);
          await gates.pass('a');
          seen.push(this.service.mayContinue(client), this.service.mayContinue(), signal.aborted);
        }
      }
      Reflect.defineMetadata('design:paramtypes', [MaintenanceService], OrdersGateway);
      await using app = await createApp(
        { imports: [MaintenanceModule.forRoot({ socket: false })], providers: [OrdersGateway] },
        (nest) => (kind === 'ws' ? nest.useWebSocketAdapter(new WsAdapter(nest)) : undefined),
      );
      const socket =
        kind === 'ws'
          ? new WebSocket(`ws://127.0.0.1:${app.port}`)
          : io(app.url, { transports: ['websocket'] });
      if (socket instanceof WebSocket) {
        socket.on('open', () => socket.send('{"event":"order"}'));
      } else {
        socket.emit('order');
      }
      await until(() => gates.begun.includes('a'));
      const service = app.app.get(MaintenanceService);
      await expect(service.maintain(undefined, () => 'never', { drain: 60 })).rejects.toBeInstanceOf(
        MaintenanceDrainError,
      );
      gates.open('a');
      await until(() => seen.length > 0);
      socket.close();
      expect(seen).toEqual([false, false, true]);
      expect(() => service.mayContinue({ handshake: {} })).toThrow(
        /A socket carries many messages.*followCalls: true/,
      );
    },
  );

  it('is known within whileOpen() and within the work of maintain()', async () => {
    await using at = await start();
    const signal = await at.service.whileOpen('billing', async () => {
      expect(at.service.mayContinue()).toBe(true);
      await at.service.maintain('billing', () => expect(at.service.mayContinue()).toBe(true));
      return at.service.getCallSignal();
    });
    expect(signal.aborted).toBe(false);
    let inside: boolean[] = [];
    const lost = at.service.maintain('billing', async ({ signal: own }) => {
      const mine = at.service.getCallSignal();
      await at.service.unsetMaintenance('billing');
      inside = [own.aborted, mine.aborted, at.service.mayContinue()];
    });
    await expect(lost).rejects.toThrow(/unset/);
    expect(inside).toEqual([true, true, false]);
  });

  it.each(['serve', 'block'] as const)(
    'is nothing once this replica has been out of touch for longer than its lease: onStale %s',
    async (onStale) => {
      await using server = await RedisServer.start();
      await using proxy = await TcpProxy.start(server);
      await using at = await start({ redis: proxy.url, onStale });
      const answers = [at.post('followed/a'), at.post('request/b'), at.post('exempt/c')];
      await Promise.all(['a', 'b', 'c'].map((id) => at.reaches(id)));
      const working = at.service.whileOpen('billing', async () => {
        const own = at.service.getCallSignal();
        await at.gates.pass('job');
        return [own.aborted, at.service.mayContinue()];
      });
      await at.reaches('job');
      proxy.pause();
      await until(() => at.signals.a?.aborted, { timeout: 10_000 });
      expect(at.service.health().lease).toBe(0);
      expect(at.service.mayContinue({})).toBe(false);
      proxy.resume();
      await until(() => at.service.health().up, { timeout: 20_000 });
      expect(at.service.mayContinue({})).toBe(true);
      answers.push(at.post('followed/d'));
      await at.reaches('d');
      await at.finish('a', 'b', 'c', 'd');
      at.gates.open('job');
      await Promise.all(answers);
      expect(at.seen).toEqual({ a: [true, false], b: [true, false], c: [true, false], d: [true, true] });
      expect(await working).toEqual([true, false]);
    },
    60_000,
  );
});

describe.each(adapters)(
  'maintain() reached from a handler where calls are not followed, on %s',
  (_name, createApp) => {
    const start = (followCalls: boolean) => {
      @Injectable()
      class Commands {
        readonly bus = new EventEmitter();
        constructor(@Inject(MaintenanceService) service: MaintenanceService) {
          this.bus.on('import', (settle: (result: Promise<string>) => void) =>
            settle(service.maintain('general', () => 'imported', { drain: 400 })),
          );
        }
      }
      const bus: { emitter?: EventEmitter } = {};

      @Controller()
      class ImportController {
        constructor(private readonly modules: ModuleRef) {}

        @Post('by-reference')
        byReference(): Promise<string> {
          const service = this.modules.get(MaintenanceService, { strict: false });
          return service.maintain('general', () => 'imported', { drain: 400 });
        }

        @Post('by-event')
        byEvent(): Promise<string> {
          return new Promise((resolve) => bus.emitter?.emit('import', resolve));
        }

        @Post('quietly')
        async quietly(): Promise<string> {
          const service = this.modules.get(MaintenanceService, { strict: false });
          return service
            .maintain('general', () => 'imported', { drain: 400 })
            .catch((error: Error) => error.message);
        }
      }
      return createApp(
        {
          imports: [MaintenanceModule.forRoot({ followCalls, socket: false, admin: false })],
          providers: [Commands],
          controllers: [ImportController],
        },
        (app) => (bus.emitter = app.get(Commands).bus),
      );
    };

    it.each(['by-reference', 'by-event'])('does not wait for itself with followCalls: /%s', async (path) => {
      await using at = await start(true);
      expect((await request(at.port, `/${path}`, { method: 'POST' })).text).toBe('imported');
    });

    it('reports without it that it waits only for its own route, and how to avoid that', async () => {
      await using at = await start(false);
      expect((await request(at.port, '/quietly', { method: 'POST' })).text).toMatch(
        /still serves POST \/quietly.*followCalls: true/,
      );
    });
  },
);

interface Reply {
  send(text: string): unknown;
}
