import type { INestApplication } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Int, Query, Resolver } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { HOUR, MaintenanceKey, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { io } from 'socket.io-client';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf, SHOP } from '../apps/shop.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';

@Resolver()
class StockResolver {
  @Query(() => Int)
  stock(): number {
    return 3;
  }
}

@WebSocketGateway()
class SayGateway {
  @SubscribeMessage('say')
  say(): string {
    return 'said';
  }
}

const KEYS = [
  new MaintenanceKey('stock'),
  new MaintenanceKey('prices'),
  new MaintenanceKey('frozen', { readOnly: true }),
];
const soon = (ms: number): Date => new Date(Date.now() + ms);
const visitor = (place: number): Record<string, string> => ({ cookie: `maintenance-visitor=${place}` });
const get = (app: RunningApp, headers: Record<string, string> = {}, path = '/shop') =>
  request(app.port, path, { headers });
const statusOf = async (...all: Parameters<typeof get>) => (await get(...all)).status;

describe.each(adapters)('a key that opens gradually on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await start();
    });
    afterAll(() => app.close());
    beforeEach(() => serviceOf(app).unsetMaintenance('stock'));

    const start = (options: MaintenanceRootOptions = {}, configure?: (app: INestApplication) => unknown) =>
      createApp(
        {
          imports: [
            maintenance({ coverage, keys: KEYS, ...options }),
            GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
          ],
          controllers: SHOP.controllers,
          providers: [...SHOP.providers, StockResolver, SayGateway],
        },
        configure,
      );

    it('is open for the application, and each visitor gets a moment of their own', async () => {
      const service = serviceOf(app);
      await service.setMaintenance(true, 'stock');
      // nobody is given a cookie for a key that opens at once
      expect((await get(app, { accept: 'text/html' })).headers).not.toHaveProperty('set-cookie');
      const change = await service.setMaintenance(false, 'stock', { reopenOver: HOUR });
      expect(change).toMatchObject({ from: true, to: false });
      expect(service.isActive('stock')).toBe(false);
      expect(service.isInMaintenance(undefined, 'stock').active).toBe(false);
      expect(await service.whileOpen('stock', () => 'worked')).toBe('worked');
      const { stock } = await service.getKeyData();
      expect(stock).toMatchObject({ value: false, phase: 'reopening', reopening: expect.anything() });

      const half = await get(app, visitor(500_000));
      expect(half.status).toBe(503);
      expect(Number(half.headers['retry-after'])).toBeGreaterThan(1_795);
      expect(Number(half.headers['retry-after'])).toBeLessThanOrEqual(1_800);
      const { until, retryAfter } = half.json<{ until: string; retryAfter: number }>();
      expect(retryAfter).toBe(Number(half.headers['retry-after']));
      expect(Date.parse(until)).toBe(Date.parse(stock!.reopening!.from) + HOUR / 2);
      expect(await statusOf(app, visitor(0))).toBe(200);
      const ping = await get(app, visitor(500_000), '/maintenance/ping');
      expect(ping.json()).toMatchObject({ maintenanceMode: true, until, retryAfter: expect.any(Number) });
      expect((await get(app, visitor(0), '/maintenance/ping')).json()).toMatchObject({
        maintenanceMode: false,
      });
      expect(await statusOf(app, visitor(500_000), '/nowhere')).toBe(coverage === 'site' ? 503 : 404);
      // exempt stays exempt
      expect(await statusOf(app, visitor(999_999), '/health')).toBe(200);

      // off once more: for all
      await service.setMaintenance(false, 'stock');
      expect(await statusOf(app, visitor(999_999))).toBe(200);
      expect((await service.getKeyData())['stock']).toMatchObject({ phase: 'open' });
    });

    it('names the moment at which the last of its keys opens for a visitor', async () => {
      const service = serviceOf(app);
      for (const [key, reopenOver] of [
        ['stock', HOUR],
        ['prices', 2 * HOUR],
      ] as const) {
        await service.setMaintenance(true, key);
        await service.setMaintenance(false, key, { reopenOver });
      }
      const told = async (place: number) =>
        (await get(app, visitor(place))).json<{ retryAfter: number; until: string | null }>();
      expect((await told(500_000)).retryAfter).toBeGreaterThan(3_590);
      expect(await statusOf(app, visitor(0))).toBe(200);
      // closed for everybody, until nobody knows when
      await service.setMaintenance(true, 'prices', { message: 'closed' });
      expect(await told(500_000)).toMatchObject({ message: 'closed', until: null });
      await service.unsetMaintenance('prices');
      expect((await told(500_000)).retryAfter).toBeLessThanOrEqual(1_800);
    });

    it('gives a refused page a turn that holds', async () => {
      const service = serviceOf(app);
      await service.scheduleWindow('stock', { start: soon(-1_000), duration: 2_000, reopenOver: HOUR });
      const asked = Date.now();
      const page = await get(app, { accept: 'text/html' });
      const answered = Date.now();
      expect(page.status).toBe(503);
      const [cookie] = [page.headers['set-cookie']].flat().map((header) => header!.split(';')[0]!);
      expect(cookie).toMatch(/^maintenance-visitor=\d+$/);
      const wait = Number(page.headers['retry-after']) * 1_000;
      // the moment is the same for whatever the browser asks for next, and when it has begun
      const json = await get(app, { cookie: cookie! });
      expect(json.headers).not.toHaveProperty('set-cookie');
      const turn = Date.parse(json.json<{ until: string }>().until);
      expect(turn).toBeGreaterThan(asked + wait - 1_000);
      expect(turn).toBeLessThanOrEqual(answered + wait);
      await pause(1_100);
      const again = await get(app, { cookie: cookie! });
      expect(again.status).toBe(503);
      expect(again.json<{ until: string }>().until).toBe(json.json<{ until: string }>().until);
      expect((await get(app, { accept: 'application/json' })).headers).not.toHaveProperty('set-cookie');
    });

    it('sets its cookie beside those of the application, each once', async () => {
      await using app = await start({ refusalHeaders: { 'Set-Cookie': 'site=1' } }, (own) => {
        // of middleware, which does not run before everything
        own.use((_request: unknown, response: ServerResponse, next: () => void) => {
          response.setHeader('Set-Cookie', ['one=1', 'two=2']);
          next();
        });
      });
      await serviceOf(app).setMaintenance(true, 'stock');
      await serviceOf(app).setMaintenance(false, 'stock', { reopenOver: HOUR });
      const { status, headers } = await get(app, { accept: 'text/html' });
      expect(status).toBe(503);
      expect([headers['set-cookie']].flat().map((cookie) => cookie?.replace(/=.*/, ''))).toEqual([
        ...(coverage === 'site' ? [] : ['one', 'two']),
        'site',
        'maintenance-visitor',
      ]);
    });

    it('identifies visitors, even if that takes a moment', async () => {
      await using app = await start({
        visitor: (sender: { headers: Record<string, string> }) =>
          pause(1).then(() => sender.headers['x-user']),
      });
      const service = serviceOf(app);
      await service.setMaintenance(true, 'stock');
      await service.setMaintenance(false, 'stock', { reopenOver: HOUR });
      const untilOf = async (user: string, place: number) =>
        (await get(app, { 'x-user': user, ...visitor(place) })).json<{ until: string }>().until;
      const users = ['ada', 'bob', 'eve'];
      const moments = await Promise.all(users.map((user) => untilOf(user, 0)));
      expect(new Set(moments).size).toBe(3);
      expect(await Promise.all(users.map((user) => untilOf(user, 999_999)))).toEqual(moments);
    });

    it('lets reads pass at the beginning of a window, on each transport', async () => {
      const service = serviceOf(app);
      const { id } = await service.scheduleWindow('stock', {
        start: soon(-1_000),
        duration: HOUR,
        readOnly: HOUR,
      });
      expect(await service.getKeyData()).toMatchObject({ stock: { value: true, phase: 'readOnly' } });
      expect(service.isActive('stock')).toBe(true);
      await expect(service.whileOpen('stock', () => 0)).rejects.toThrow('stock');
      expect(await statusOf(app)).toBe(200);
      expect((await request(app.port, '/shop', { method: 'POST', json: {} })).status).toBe(503);
      expect((await get(app, {}, '/maintenance/ping')).json()).toMatchObject({ maintenanceMode: false });
      const graph = () => request(app.port, '/graphql', { method: 'POST', json: { query: '{ stock }' } });
      expect((await graph()).json()).toMatchObject({ data: { stock: 3 } });
      await service.updateWindow(id, { readOnly: 0 });
      expect(await service.getKeyData()).toMatchObject({ stock: { phase: 'closed' } });
      expect(await statusOf(app)).toBe(503);
      expect((await graph()).text).toContain('MAINTENANCE');
    });

    it('decides per visitor for GraphQL and sockets, too', async () => {
      const service = serviceOf(app);
      await service.setMaintenance(true, 'stock');
      await service.setMaintenance(false, 'stock', { reopenOver: HOUR });
      const graph = (place: number) =>
        request(app.port, '/graphql', {
          method: 'POST',
          json: { query: '{ stock }' },
          headers: visitor(place),
        });
      expect((await graph(0)).json()).toMatchObject({ data: { stock: 3 } });
      const { errors } = (await graph(500_000)).json<{ errors: { extensions: Record<string, unknown> }[] }>();
      expect(errors[0]!.extensions).toMatchObject({ code: 'MAINTENANCE', retryAfter: expect.any(Number) });
      const say = async (place: number): Promise<unknown> => {
        const socket = io(app.url, {
          transports: ['websocket'],
          forceNew: true,
          extraHeaders: visitor(place),
        });
        try {
          return await new Promise((resolve) => {
            socket.on('exception', resolve);
            socket.emit('say', {}, resolve);
          });
        } finally {
          socket.disconnect();
        }
      };
      expect(await say(0)).toBe('said');
      // Nest 11 guards gateways with its own interceptor; both say the same
      expect(await say(500_000)).toMatchObject({ maintenanceMode: true, retryAfter: expect.any(Number) });
    });
  });
});

describe('options of a reopening', () => {
  it('are refused with what is accepted when they are wrong', async () => {
    await using app = await adapters[0]![1]({ imports: [maintenance({ keys: KEYS })] });
    const service = serviceOf(app);
    await expect(service.setMaintenance(true, 'stock', { reopenOver: 5 })).rejects.toThrow(
      'setMaintenance(false)',
    );
    await expect(service.setMaintenance(false, 'stock', { reopenOver: -1 })).rejects.toThrow('"reopenOver"');
    const window = { start: soon(HOUR), duration: HOUR };
    for (const [wrong, message] of [
      [{ readOnly: 2 * HOUR }, 'at most the length of the window'],
      [{ readOnly: -1 }, '"readOnly"'],
      [{ reopenOver: 25 * HOUR }, 'a day'],
      [
        { repeat: { cron: '0 * * * *', timeZone: 'UTC' }, duration: HOUR / 2, reopenOver: HOUR },
        'reopenOver',
      ],
    ] as const) {
      await expect(service.scheduleWindow('stock', { ...window, ...wrong }), message).rejects.toThrow(
        message,
      );
    }
    const planned = await service.scheduleWindow('stock', { ...window, readOnly: 5, reopenOver: 7 });
    expect(planned).toMatchObject({ readOnly: 5, reopenOver: 7 });
    expect(await service.updateWindow(planned.id, { message: 'x' })).toMatchObject({
      readOnly: 5,
      reopenOver: 7,
    });
  });
});
