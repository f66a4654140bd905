import { WebSocketGateway, WebSocketServer, SubscribeMessage } from '@nestjs/websockets';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  GENERAL_MAINTENANCE,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { Test } from '@nestjs/testing';
import type { Server } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

const DEFAULT_MESSAGE = 'We are carrying out maintenance and will be back as soon as we can.';
const OPEN = { maintenanceMode: false, message: null, retryAfter: null, until: null };
const root = (options?: MaintenanceRootOptions) => ({ imports: [MaintenanceModule.forRoot(options)] });
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

function fail(): never {
  throw new Error('on purpose');
}

describe.each(adapters)('the gateway on %s', (_name, createApp) => {
  it('sends the state on connect, with no options at all', async () => {
    await using app = await createApp(root());
    using client = await TestClient.connect(app.url);
    expect(client.statuses).toEqual([{ ...OPEN, modes: { general: false }, revision: 0, spread: 10 }]);
  });

  it('sends every change once: on, changed, off, unset, and an expiry', async () => {
    await using app = await createApp(root());
    const maintenance = service(app);
    using first = await TestClient.connect(app.url);
    using second = await TestClient.connect(app.url, { transports: ['polling'] });
    await maintenance.setMaintenance(true, GENERAL_MAINTENANCE, {
      message: 'Back soon',
      reason: 'disk',
      actor: 'eve',
    });
    await maintenance.setMaintenance(true, GENERAL_MAINTENANCE, { timeout: 600_000 });
    await maintenance.setMaintenance(false);
    await maintenance.setMaintenance(true, GENERAL_MAINTENANCE, { timeout: 300 });
    await first.sees(({ revision, maintenanceMode }) => revision === 4 && !maintenanceMode);
    await second.sees(({ revision, maintenanceMode }) => revision === 4 && !maintenanceMode);
    await maintenance.setMaintenance(true);
    await maintenance.unsetMaintenance();
    for (const client of [first, second]) {
      await client.sees(({ revision }) => revision === 6);
      await client.settled();
      expect(client.statuses.map(({ maintenanceMode, revision }) => [maintenanceMode, revision])).toEqual([
        [false, 0],
        [true, 1],
        [true, 2],
        [false, 3],
        [true, 4],
        [false, 4],
        [true, 5],
        [false, 6],
      ]);
      const [, on, timed] = client.statuses as [unknown, MaintenanceStatusMessage, MaintenanceStatusMessage];
      expect(on).toEqual({
        maintenanceMode: true,
        modes: { general: true },
        message: 'Back soon',
        retryAfter: 60,
        until: null,
        revision: 1,
        spread: 20,
      });
      // what is not given stays as it is
      expect(timed.message).toBe('Back soon');
      expect(timed.retryAfter).toBeGreaterThan(590);
      expect(timed.retryAfter).toBeLessThanOrEqual(600);
      expect(Date.parse(timed.until ?? '')).toBeGreaterThan(Date.now() + 500_000);
    }
  });

  it('reports whether the site is closed, not whether anything is in maintenance', async () => {
    class NeedsARequest extends MaintenanceStatus {
      override maintaining(): boolean {
        return (this.request as { user: string }).user !== 'admin';
      }
    }
    class NeverForVisitors extends MaintenanceStatus {
      override maintaining(): boolean {
        return false;
      }
    }
    const keys = [
      new MaintenanceKey('billing', { scope: 'marked' }),
      new MaintenanceKey('writes', { readOnly: true }),
      new MaintenanceKey('inner', { statusClass: NeverForVisitors }),
      new MaintenanceKey('picky', { statusClass: NeedsARequest }),
    ];
    await using app = await createApp(root({ keys }));
    using client = await TestClient.connect(app.url);
    for (const key of ['billing', 'writes', 'inner']) await service(app).setMaintenance(true, key);
    await client.sees(({ revision }) => revision === 3);
    expect(client.last).toEqual({
      ...OPEN,
      modes: { general: false, billing: true, writes: true, inner: true, picky: false },
      revision: 3,
      spread: 10,
    });
    await service(app).setMaintenance(true, 'picky', { message: 'picky' });
    expect(await client.sees(({ revision }) => revision === 4)).toMatchObject({
      maintenanceMode: true,
      message: 'picky',
    });
  });

  it.each([
    ['throws', () => fail()],
    ['returns a promise that rejects', async () => fail()],
    ['returns a number', () => 0],
  ])('reports the site as closed with a status class that %s', async (_what, maintaining) => {
    class Broken extends MaintenanceStatus {
      override maintaining(): boolean {
        return maintaining() as never;
      }
    }
    await using app = await createApp(
      root({ keys: [new MaintenanceKey('broken', { statusClass: Broken })] }),
    );
    using client = await TestClient.connect(app.url);
    await service(app).setMaintenance(true, 'broken');
    expect(await client.sees(({ maintenanceMode }) => maintenanceMode)).toBeDefined();
  });

  it('sends names, reasons and actors only to clients with see_info', async () => {
    const secret = new MaintenanceKey('merger', { public: false, label: 'The merger' });
    await using app = await createApp(
      root({
        keys: [secret],
        permissions: (permission, subject) =>
          permission === 'see_info' &&
          subject.type === 'socket' &&
          (subject.socket as { handshake: { auth: { token?: string } } }).handshake.auth.token === 'staff',
      }),
    );
    using visitor = await TestClient.connect(app.url, { auth: { token: 'guess' } });
    using staff = await TestClient.connect(app.url, { auth: { token: 'staff' } });
    await service(app).setMaintenance(true, secret, {
      message: 'Back at noon',
      reason: 'due diligence',
      actor: 'ceo',
    });
    await visitor.sees(({ maintenanceMode }) => maintenanceMode);
    await staff.sees(({ maintenanceMode }) => maintenanceMode);
    expect(visitor.last).toMatchObject({
      maintenanceMode: true,
      message: 'Back at noon',
      modes: { general: false },
    });
    expect(JSON.stringify(visitor.statuses)).not.toMatch(/merger|diligence|ceo/);
    expect(staff.statuses[0]?.maintenance).toMatchObject({
      merger: { value: false },
      general: { value: false },
    });
    expect(staff.last?.maintenance?.['merger']).toMatchObject({
      value: true,
      label: 'The merger',
      message: 'Back at noon',
      reason: 'due diligence',
      actor: 'ceo',
    });
    expect(staff.last?.modes).toEqual({ general: false });
    expect(await visitor.ask({ key: 'merger' })).not.toHaveProperty('currentMode');
    expect(await visitor.ask({ key: 'merger' })).not.toHaveProperty('maintenance');
    expect(await staff.ask({ key: 'merger' })).toMatchObject({ currentMode: true, maintenance: {} });
  });

  it('checks the permission again with every change', async () => {
    let allowed = true;
    await using app = await createApp(root({ permissions: () => allowed }));
    using staff = await TestClient.connect(app.url);
    expect(staff.last).toHaveProperty('maintenance');
    allowed = false;
    await service(app).setMaintenance(true);
    expect(await staff.sees(({ maintenanceMode }) => maintenanceMode)).not.toHaveProperty('maintenance');
  });

  it('sends the public state if the permission check is late or throws', async () => {
    let answer = (): Promise<boolean> => new Promise(() => undefined);
    await using app = await createApp(root({ permissions: () => answer() }));
    using waiting = await TestClient.connect(app.url);
    expect(waiting.last).not.toHaveProperty('maintenance');
    answer = () => Promise.reject(new Error('database is down'));
    using failing = await TestClient.connect(app.url);
    expect(failing.last).not.toHaveProperty('maintenance');
    expect(app.log.join()).toContain('database is down');
  });

  it('denies a permission that is decided late, and checks again with the next status', async () => {
    const decisions: ((allowed: boolean) => void)[] = [];
    let asked: number | undefined;
    const permissions = () =>
      asked === undefined ? new Promise<boolean>((resolve) => decisions.push(resolve)) : ++asked > 0;
    await using app = await createApp(root({ permissions, callTimeout: 100 }));
    using late = await TestClient.connect(app.url);
    expect(late.statuses).toHaveLength(1);
    // its status is due as soon as the question is late for the client, which may be just before it is late for good
    await until(() => app.log.join().includes('"permissions" did not answer within 100 ms'));
    decisions[0]?.(true);
    // a second client's first status comes after whatever the first one would have been sent
    using other = await TestClient.connect(app.url);
    expect(other.last).not.toHaveProperty('maintenance');
    expect(late.statuses).toHaveLength(1);
    expect(late.last).not.toHaveProperty('maintenance');
    asked = 0;
    await service(app).setMaintenance(true);
    await until(() => (asked ?? 0) >= 2);
    for (const client of [late, other]) {
      expect(await client.sees(({ maintenanceMode }) => maintenanceMode)).toHaveProperty('maintenance');
      expect(client.statuses).toHaveLength(2);
    }
  });

  it('checks again for a client whose first check is never answered', async () => {
    let asked = 0;
    const permissions = () => (asked++ === 0 ? new Promise<boolean>(() => undefined) : true);
    await using app = await createApp(root({ permissions, callTimeout: 50 }));
    using client = await TestClient.connect(app.url);
    expect(client.last).not.toHaveProperty('maintenance');
    await service(app).setMaintenance(true);
    expect(await client.sees(({ maintenanceMode }) => maintenanceMode)).toHaveProperty('maintenance');
    expect(asked).toBe(2);
  });

  it('sends all data to clients that waited for their turn, not for the check', async () => {
    // only 100 are asked about at once, and each takes less than it may
    const permissions = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 600));
    await using app = await createApp(root({ permissions, callTimeout: 1_000 }));
    const clients = Array.from({ length: 250 }, () => TestClient.open(app.url));
    for (const client of clients) {
      await client.sees((status) => 'maintenance' in status);
      expect(client.statuses.length).toBeLessThanOrEqual(2);
      client.close();
    }
  });

  it('notifies clients behind others whose permission is never decided', async () => {
    await using app = await createApp(root({ permissions: () => new Promise<boolean>(() => undefined) }));
    const clients = await Promise.all(Array.from({ length: 150 }, () => TestClient.connect(app.url)));
    for (const client of clients) {
      expect(client.last).not.toHaveProperty('maintenance');
      client.close();
    }
  });

  it('ignores the cookies of a foreign page, unless its origin is listed', async () => {
    const options: MaintenanceRootOptions = { permissions: () => true };
    const cookie = 'session=staff';
    const origin = 'https://evil.example';
    await using app = await createApp(root(options));
    using foreign = await TestClient.connect(app.url, { extraHeaders: { cookie, origin } });
    expect(foreign.last).not.toHaveProperty('maintenance');
    using own = await TestClient.connect(app.url, { extraHeaders: { cookie, origin: app.url } });
    expect(own.last).toHaveProperty('maintenance');
    await using friendly = await createApp(root({ ...options, socket: { origins: [origin] } }));
    using listed = await TestClient.connect(friendly.url, { extraHeaders: { cookie, origin } });
    expect(listed.last).toHaveProperty('maintenance');
  });

  it('translates for each client if translate is set', async () => {
    const german: Record<string, string> = {
      [DEFAULT_MESSAGE]: 'Wir sind bald zurück.',
      Billing: 'Abrechnung',
    };
    await using app = await createApp(
      root({
        keys: [new MaintenanceKey('billing', { label: 'Billing' })],
        permissions: () => true,
        translate: (text, language) => (language === 'de' ? (german[text] ?? text) : text),
      }),
    );
    using de = await TestClient.connect(app.url, { extraHeaders: { 'accept-language': 'de' } });
    using en = await TestClient.connect(app.url, { extraHeaders: { 'accept-language': 'en' } });
    await service(app).setMaintenance(true);
    const told = await de.sees(({ maintenanceMode }) => maintenanceMode);
    expect(told.message).toBe('Wir sind bald zurück.');
    expect(told.maintenance?.['billing']?.label).toBe('Abrechnung');
    expect((await en.sees(({ maintenanceMode }) => maintenanceMode)).message).toBe(DEFAULT_MESSAGE);
  });

  it.each(['websocket', 'polling'])('refuses unknown origins by %s', async (transport) => {
    const good = 'https://shop.example';
    await using app = await createApp(root({ socket: { origins: [good] } }));
    for (const origin of ['https://evil.example', 'null', `${good}.evil.example`, 'http://shop.example']) {
      using refused = TestClient.open(app.url, { transports: [transport], extraHeaders: { origin } });
      await until(() => refused.errors.length > 0);
      expect(refused.errors).toEqual(['Origin not allowed']);
      expect(refused.statuses).toEqual([]);
    }
    const welcome: Record<string, string>[] = [{ origin: good }, { origin: app.url }, {}];
    for (const headers of welcome) {
      using client = await TestClient.connect(app.url, { transports: [transport], extraHeaders: headers });
      expect(client.last).toMatchObject(OPEN);
    }
    const handshake = await request(app.port, '/socket.io/?EIO=4&transport=polling', {
      headers: { origin: good },
    });
    expect(handshake.headers['access-control-allow-origin']).toBe(good);
  });

  it('takes namespace, path and cors from the options of its own application', async () => {
    await using one = await createApp(
      root({ socket: { namespace: '/one', path: '/live', cors: { origin: 'https://a.example' } } }),
    );
    await using two = await createApp(root({ socket: { namespace: 'two' } }));
    using first = await TestClient.connect(one.url, { path: '/live' }, '/one');
    using second = await TestClient.connect(two.url, {}, '/two');
    expect([first.last?.maintenanceMode, second.last?.maintenanceMode]).toEqual([false, false]);
    using strange = TestClient.open(two.url, {}, '/one');
    await until(() => strange.errors.length > 0);
    expect(strange.errors).toEqual(['Invalid namespace']);
    const handshake = await request(one.port, '/live/?EIO=4&transport=polling', {
      headers: { origin: 'https://a.example' },
    });
    expect(handshake.headers['access-control-allow-origin']).toBe('https://a.example');
  });

  it('takes its options from forRootAsync, structural ones beside the factory', async () => {
    const module = MaintenanceModule.forRootAsync({
      socket: { namespace: '/async' },
      useFactory: async () => ({ refreshDelay: 7_000 }),
    });
    await using app = await createApp({ imports: [module] });
    await service(app).setMaintenance(true);
    using client = await TestClient.connect(app.url, {}, '/async');
    expect(client.last).toMatchObject({ maintenanceMode: true, retryAfter: 7 });
  });

  it('works in a testing module', async () => {
    await using app = await createApp(Test.createTestingModule(root()));
    using client = await TestClient.connect(app.url);
    expect(client.last).toMatchObject(OPEN);
  });

  it('works if the whole site is covered, even while it is closed', async () => {
    await using app = await createApp(root({ coverage: 'site' }));
    await service(app).setMaintenance(true);
    for (const transports of [['websocket'], ['polling']]) {
      using client = await TestClient.connect(app.url, { transports });
      expect(client.last?.maintenanceMode).toBe(true);
    }
  });
});

@WebSocketGateway({ cors: { origin: 'https://app.example' }, maxHttpBufferSize: 4_000_000 })
class ChatGateway {
  @WebSocketServer() server!: Server;

  @SubscribeMessage('echo')
  echo(_client: unknown, text: string): string {
    return text;
  }
}

@WebSocketGateway({ namespace: '/maintenance' })
class SameNamespaceGateway {
  @SubscribeMessage('whisper')
  whisper(): string {
    return 'heard';
  }
}

class LoudAdapter extends IoAdapter {
  readonly created: unknown[] = [];

  override createIOServer(...[port, options]: Parameters<IoAdapter['createIOServer']>) {
    this.created.push(options);
    return super.createIOServer(port, { ...options, path: '/loud' } as typeof options);
  }
}

describe("beside the application's own gateways", () => {
  it('shares their server, and does not change their options', async () => {
    await using app = await createExpressApp({ ...root(), providers: [ChatGateway, SameNamespaceGateway] });
    using own = TestClient.open(app.url, {}, '');
    expect(await own.socket.timeout(5_000).emitWithAck('echo', 'x'.repeat(2_000_000))).toHaveLength(
      2_000_000,
    );
    using client = await TestClient.connect(app.url);
    expect(await client.socket.timeout(5_000).emitWithAck('whisper')).toBe('heard');
    app.app.get(ChatGateway).server.emit('news');
    await service(app).setMaintenance(true);
    await client.told(2);
    await client.settled();
    expect(client.statuses).toHaveLength(2);
    expect(own.statuses).toEqual([]);
    const handshake = await request(app.port, '/socket.io/?EIO=4&transport=polling', {
      headers: { origin: 'https://any.example' },
    });
    expect(handshake.headers['access-control-allow-origin']).toBe('https://app.example');
  });

  it('does not change their options even if ours is opened first', async () => {
    class Feature {}
    const module = { module: Feature, providers: [ChatGateway] };
    await using app = await createExpressApp({ imports: [MaintenanceModule.forRoot(), module] });
    const handshake = await request(app.port, '/socket.io/?EIO=4&transport=polling', {
      headers: { origin: 'https://any.example' },
    });
    expect(handshake.headers['access-control-allow-origin']).toBe('https://app.example');
    using client = await TestClient.connect(app.url);
    expect(client.last).toMatchObject(OPEN);
  });

  it("follows the application's IoAdapter, and so does the browser script", async () => {
    let adapter: LoudAdapter | undefined;
    await using app = await createExpressApp({ ...root(), providers: [ChatGateway] }, (nest) => {
      adapter = new LoudAdapter(nest);
      nest.useWebSocketAdapter(adapter);
    });
    expect(adapter?.created).toHaveLength(1);
    using client = await TestClient.connect(app.url, { path: '/loud' });
    expect(client.last).toMatchObject(OPEN);
    const script = await request(app.port, '/maintenance/script');
    expect(script.text).toContain('"path":"/loud"');
  });

  it('has its own server beside an adapter of another protocol', async () => {
    const opened: unknown[] = [];
    const other = {
      create: (_port: number, options: { path?: string }) =>
        opened.push(options.path) && { on() {}, close() {} },
      bindClientConnect: () => undefined,
      bindMessageHandlers: () => undefined,
      close: () => undefined,
      dispose: () => undefined,
    };
    await using app = await createExpressApp(root(), (nest) => nest.useWebSocketAdapter(other as never));
    using client = await TestClient.connect(app.url);
    await service(app).setMaintenance(true);
    expect((await client.told(2))[1]).toMatchObject({ maintenanceMode: true });
  });
});
