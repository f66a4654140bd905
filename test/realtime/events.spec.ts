import { Controller, Get } from '@nestjs/common';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { Listener } from './listener.js';

@Controller()
class HomeController {
  @Get()
  home(): string {
    return 'home';
  }
}

const root = (options: MaintenanceRootOptions = {}) => ({
  imports: [MaintenanceModule.forRoot({ socket: false, ...options })],
  controllers: [HomeController],
});
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

describe.each(adapters)('GET {path}/events on %s', (_name, createApp) => {
  it.each([false, true])('sends the state and every change once, with socket: %s', async (socket) => {
    await using app = await createApp(root({ socket, keys: [new MaintenanceKey('billing')] }));
    using listener = await Listener.open(app);
    expect(listener.response.statusCode).toBe(200);
    expect(listener.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await listener.told(1);
    await service(app).setMaintenance(true, 'general', { message: 'Back soon', reason: 'disk' });
    await listener.told(2);
    await service(app).setMaintenance(true, 'general', { until: new Date('2031-01-01T00:00:00Z') });
    await listener.told(3);
    await service(app).setMaintenance(false);
    await listener.told(4);
    const modes = (general: boolean) => ({ general, billing: false });
    expect(listener.statuses).toEqual([
      {
        maintenanceMode: false,
        modes: modes(false),
        message: null,
        retryAfter: null,
        until: null,
        revision: 0,
        spread: 10,
      },
      expect.objectContaining({
        maintenanceMode: true,
        modes: modes(true),
        message: 'Back soon',
        revision: 1,
      }),
      expect.objectContaining({ message: 'Back soon', until: '2031-01-01T00:00:00.000Z', revision: 2 }),
      expect.objectContaining({ maintenanceMode: false, revision: 3 }),
    ]);
    expect(listener.text).not.toContain('disk');
  });

  it('is open during maintenance, with both coverages, and sends a retry time', async () => {
    for (const coverage of ['handlers', 'site'] as const) {
      await using app = await createApp(root({ coverage }));
      await service(app).setMaintenance(true);
      expect((await request(app.port, '/')).status).toBe(503);
      using listener = await Listener.open(app);
      expect((await listener.told(1))[0]).toMatchObject({ maintenanceMode: true });
      expect(listener.text).toMatch(/^retry: [1-4]\d{3}\n\n/);
    }
  });

  it('sends key data only to clients with see_info, checked with each change, and never to a foreign page', async () => {
    let staff = true;
    const permissions = (_: unknown, { type, ...subject }: { type: string; request?: unknown }) =>
      type === 'http' &&
      staff &&
      (subject.request as { headers: Record<string, string> }).headers['cookie'] === 'session=staff';
    await using app = await createApp(root({ permissions }));
    const cookie = 'session=staff';
    using insider = await Listener.open(app, { cookie });
    using visitor = await Listener.open(app);
    using foreign = await Listener.open(app, { cookie, origin: 'https://evil.example' });
    await Promise.all([insider, visitor, foreign].map((listener) => listener.told(1)));
    expect(insider.last).toHaveProperty('maintenance.general');
    expect(visitor.last).not.toHaveProperty('maintenance');
    expect(foreign.last).not.toHaveProperty('maintenance');
    staff = false;
    await service(app).setMaintenance(true);
    expect((await insider.told(2))[1]).not.toHaveProperty('maintenance');
  });

  it('sends no key data if guards protect it', async () => {
    const guards = [{ canActivate: () => true }];
    await using app = await createApp(root({ permissions: () => true, admin: { guards } }));
    using listener = await Listener.open(app);
    expect((await listener.told(1))[0]).not.toHaveProperty('maintenance');
  });

  it('delays no drain', async () => {
    await using app = await createApp(root());
    using listener = await Listener.open(app);
    await listener.told(1);
    const worked = await service(app).maintain('general', async () => 'worked', { drain: 5_000 });
    expect(worked).toBe('worked');
    expect((await listener.told(3)).map(({ maintenanceMode }) => maintenanceMode)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('ends when the application begins to shut down, and does not delay it', async () => {
    const app = await createApp(root(), undefined, { forceCloseConnections: false });
    using listener = await Listener.open(app);
    await listener.told(1);
    await app.close();
    expect(await until(() => listener.ended, { what: 'the end of the stream' })).toBe(true);
  });

  it('keeps CORS headers', async () => {
    await using app = await createApp(root(), (nest) =>
      nest.enableCors({ origin: 'https://app.example', credentials: true }),
    );
    using listener = await Listener.open(app, { origin: 'https://app.example' });
    expect(listener.response.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
    });
  });

  it('counts as a client, until it has gone', async () => {
    await using app = await createApp(root({ reloadRate: 1 }));
    using listener = await Listener.open(app);
    await listener.told(1);
    using other = await Listener.open(app);
    expect((await other.told(1))[0]?.spread).toBe(2_000);
    listener.response.destroy();
    await until(async () => {
      using next = await Listener.open(app);
      return (await next.told(1))[0]?.spread === 2_000;
    });
  });

  it('a visitor who leaves before the stream has begun does not count', async () => {
    const middleware = (_request: unknown, _reply: unknown, next: () => void): void =>
      void setTimeout(next, 200);
    await using app = await createApp(root({ reloadRate: 1 }), (it) => it.use(middleware));
    for (let index = 0; index < 3; index++) {
      const socket = connect(app.port, '127.0.0.1');
      socket.write('GET /maintenance/events HTTP/1.1\r\nHost: shop.example\r\n\r\n');
      await delay(50);
      socket.destroy();
    }
    await delay(400);
    using listener = await Listener.open(app);
    expect((await listener.told(1))[0]?.spread).toBe(1_000);
  });

  it('streams requested behind one another on a connection count one at a time, and end with it', async () => {
    await using app = await createApp(root({ reloadRate: 1 }));
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET /maintenance/events HTTP/1.1\r\nHost: shop.example\r\n\r\n'.repeat(20));
    const spread = async (): Promise<number | undefined> => {
      using listener = await Listener.open(app);
      return (await listener.told(1))[0]?.spread;
    };
    await once(socket, 'data');
    expect(await spread()).toBe(2_000);
    socket.destroy();
    await until(async () => (await spread()) === 1_000);
  });

  it('one that was requested behind another response begins after it', async () => {
    await using app = await createApp(root());
    const socket = connect(app.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write(
      ['/', '/maintenance/events']
        .map((path) => `GET ${path} HTTP/1.1\r\nHost: shop.example\r\n\r\n`)
        .join(''),
    );
    await until(() => text.includes('data:'));
    expect(text).toMatch(/home[^]+data: \{"maintenanceMode":false/);
    socket.destroy();
  });

  it('answers HEAD, and other methods as usual', async () => {
    await using app = await createApp(root());
    const head = await request(app.port, '/maintenance/events', { method: 'HEAD' });
    expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect((await request(app.port, '/maintenance/events', { method: 'POST' })).status).toBe(404);
  });
});
