import { MaintenanceKey, MaintenanceModule, MaintenanceService, MaintenanceStatus } from 'nestjs-maintenance';
import type { MaintenanceRootOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { TestClient } from './clients.js';

const root = (options?: MaintenanceRootOptions) => ({ imports: [MaintenanceModule.forRoot(options)] });
const service = ({ app }: RunningApp) => app.get(MaintenanceService);
const isStaff = (_: unknown, subject: { type: string; socket?: unknown }) =>
  (subject.socket as { handshake?: { auth?: { token?: string } } } | undefined)?.handshake?.auth?.token ===
  'staff';

class NeverForVisitors extends MaintenanceStatus {
  override maintaining(): boolean {
    return false;
  }
}

/** Keys of which visitors must not learn anything. */
const hidden = () => [
  new MaintenanceKey('marked', { public: false, scope: 'marked' }),
  new MaintenanceKey('writes', { public: false, readOnly: true }),
  new MaintenanceKey('inner', { public: false, statusClass: NeverForVisitors }),
];

describe.each(adapters)('a key that is not public, on %s', (_name, createApp) => {
  it('changes without a message to visitors, and without a trace in later messages', async () => {
    await using app = await createApp(
      root({ keys: [...hidden(), new MaintenanceKey('open', { scope: 'marked' })], permissions: isStaff }),
    );
    using visitor = await TestClient.connect(app.url);
    using staff = await TestClient.connect(app.url, { auth: { token: 'staff' } });
    await service(app).setMaintenance(true, 'open');
    await visitor.told(2);
    let heard = (await staff.told(2)).length;
    for (const key of ['marked', 'writes', 'inner']) {
      for (const [mode, options] of [
        [true, { message: 'm', reason: 'r' }],
        [true, { timeout: 60_000 }],
        [false, {}],
      ] as const) {
        await service(app).setMaintenance(mode, key, options);
        await staff.told(++heard);
      }
    }
    expect(staff.last?.revision).toBe(visitor.last?.revision);
    await visitor.settled();
    expect(visitor.statuses).toHaveLength(2);
    const pong = await visitor.ask<{ revision: number }>({});
    expect(pong.revision).toBe(1);
    using later = await TestClient.connect(app.url);
    expect(later.last).toMatchObject({ revision: 1, modes: { general: false, open: true } });
    expect(JSON.stringify([visitor.statuses, later.statuses, pong])).not.toMatch(/marked|writes|inner/);
    // what is public goes on as ever
    await service(app).setMaintenance(false, 'open');
    expect((await visitor.told(3))[2]).toMatchObject({ revision: 11, modes: { open: false } });
  });

  it('is planned without a trace, and what is planned raises no revision until somebody has closed the site', async () => {
    const merger = new MaintenanceKey('merger', { public: false });
    await using app = await createApp(root({ keys: [merger, new MaintenanceKey('open')] }));
    const { port } = app;
    using visitor = await TestClient.connect(app.url);
    await service(app).setMaintenance(true, 'open');
    await service(app).setMaintenance(false, 'open');
    const heard = (await visitor.told(3)).length;
    const start = new Date(Date.now() + 1_800_000);
    const plan = async (): Promise<void> => {
      const { id } = await service(app).scheduleWindow('merger', {
        start,
        duration: 60_000,
        message: 'Hush',
      });
      await service(app).updateWindow(id, { reopenOver: 60_000, announcement: 'Hush' });
      await service(app).cancelWindow(id);
      await service(app).scheduleWindow('merger', { start, duration: 1 });
      await service(app).unsetMaintenance('merger');
    };
    const revision = async (): Promise<number> => {
      await visitor.settled();
      using later = await TestClient.connect(app.url);
      const pong = await visitor.ask<{ revision: number }>({});
      expect(later.last?.revision).toBe(pong.revision);
      expect(JSON.stringify([pong, later.statuses])).not.toMatch(/merger|Hush|upcoming/);
      return pong.revision;
    };
    await plan();
    expect(await revision()).toBe(2);
    expect((await request(port, '/maintenance/ping')).text).not.toMatch(/merger|Hush|upcoming/);
    expect(visitor.statuses).toHaveLength(heard);
    // its effect is visible, and so may be its number
    await service(app).setMaintenance(true, 'merger');
    await visitor.told(heard + 1);
    await service(app).setMaintenance(false, 'merger');
    const [closed, opened] = (await visitor.told(heard + 2)).slice(-2).map((status) => status.revision);
    expect(closed).toBeGreaterThan(2);
    expect(opened).toBeGreaterThan(closed!);
    for (const { id } of service(app).getWindows()) await service(app).cancelWindow(id);
    await plan();
    expect(await revision()).toBe(opened);
    expect(visitor.statuses).toHaveLength(heard + 2);
  });

  it('that closes the site is visible by its effect, and only then', async () => {
    const merger = new MaintenanceKey('merger', { public: false });
    await using app = await createApp(root({ keys: [merger] }));
    using visitor = await TestClient.connect(app.url);
    await service(app).setMaintenance(true, 'general', { message: 'Closed' });
    await visitor.told(2);
    // the site is closed already, and says the same
    await service(app).setMaintenance(true, 'merger', { message: 'Hush' });
    await service(app).setMaintenance(false);
    expect((await visitor.told(3)).map(({ maintenanceMode, message }) => [maintenanceMode, message])).toEqual(
      [
        [false, null],
        [true, 'Closed'],
        [true, 'Hush'],
      ],
    );
    await service(app).setMaintenance(false, 'merger');
    expect((await visitor.told(4))[3]).toMatchObject({ maintenanceMode: false, message: null });
    const revisions = visitor.statuses.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });
});

describe.each(adapters)('key data by socket on %s', (_name, createApp) => {
  const foreign = 'https://evil.example';

  it.each([
    ['cookies', { extraHeaders: { cookie: 'session=staff' } }],
    ['a token', { auth: { token: 'staff' } }],
    ['an Authorization header', { extraHeaders: { authorization: 'Bearer staff' } }],
    ['nothing but its address', {}],
  ])('is refused to a foreign page with %s', async (_what, options) => {
    await using app = await createApp(root({ permissions: () => true }));
    for (const origin of [foreign, 'null', app.url.replace('127.0.0.1', 'localhost')]) {
      const extraHeaders = { ...('extraHeaders' in options && options.extraHeaders), origin };
      using client = await TestClient.connect(app.url, { ...options, extraHeaders });
      expect(client.last, origin).not.toHaveProperty('maintenance');
      expect(await client.ask({ key: 'general' })).not.toHaveProperty('maintenance');
      await service(app).setMaintenance(true);
      await client.told(2);
      expect(client.last).not.toHaveProperty('maintenance');
      await service(app).setMaintenance(false);
    }
    for (const extraHeaders of [{ origin: app.url }, {}] as Record<string, string>[]) {
      using own = await TestClient.connect(app.url, { ...options, extraHeaders });
      expect(own.last).toHaveProperty('maintenance');
    }
  });

  it('is sent to pages listed in socket.origins or admin.origins', async () => {
    await using app = await createApp(
      root({
        permissions: () => true,
        socket: { origins: ['https://app.example'] },
        admin: { origins: ['https://admin.example'] },
      }),
    );
    using front = await TestClient.connect(app.url, { extraHeaders: { origin: 'https://app.example' } });
    expect(front.last).toHaveProperty('maintenance');
    using strange = TestClient.open(app.url, { extraHeaders: { origin: foreign } });
    await expect.poll(() => strange.errors).toEqual(['Origin not allowed']);
  });
});

describe.each(adapters)('spread on %s', (_name, createApp) => {
  it('grows with the clients of the server, and by reloadRate', async () => {
    await using app = await createApp(root({ reloadRate: 4 }));
    const clients = await Promise.all(Array.from({ length: 9 }, () => TestClient.connect(app.url)));
    using last = await TestClient.connect(app.url);
    expect(last.last?.spread).toBe(2_500);
    await service(app).setMaintenance(true);
    await Promise.all(clients.map((client) => client.told(2)));
    expect(clients.map((client) => client.last?.spread)).toEqual(clients.map(() => 2_500));
    expect((await last.ask<{ spread: number }>({})).spread).toBe(2_500);
    for (const client of clients) client.close();
    await expect.poll(async () => (await last.ask<{ spread: number }>({})).spread).toBe(250);
    // it is no news by itself
    expect(last.statuses).toHaveLength(2);
  });

  it('is one second for a hundred clients by default', async () => {
    await using app = await createApp(root());
    const clients = await Promise.all(Array.from({ length: 100 }, () => TestClient.connect(app.url)));
    expect((await clients[0]!.ask<{ spread: number }>({})).spread).toBe(1_000);
    for (const client of clients) client.close();
    expect((await request(app.port, '/maintenance/ping')).json()).not.toHaveProperty('spread');
  });
});
