import {
  GENERAL_MAINTENANCE,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createMaintenanceClient, type MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

const root = (options?: MaintenanceRootOptions) => ({ imports: [MaintenanceModule.forRoot(options)] });
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

describe.each(adapters)('createMaintenanceClient() on %s', (_name, createApp) => {
  it.each([
    ['with the io it is given', { io }],
    ['with the socket.io-client it finds', {}],
  ])('reports every state %s', async (_how, given) => {
    await using app = await createApp(root());
    const client = createMaintenanceClient({ url: app.url, ...given });
    expect(client.status).toBeNull();
    expect(client.connection).toBe('connecting');
    const heard: MaintenanceStatusMessage[] = [];
    const connections: string[] = [];
    client.subscribe((status) => heard.push(status));
    client.onConnection((connection) => connections.push(connection));
    const stop = client.subscribe(() => expect.fail('this subscription has ended'));
    stop();
    await until(() => client.status);
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message: 'Back soon' });
    await until(() => client.status?.maintenanceMode);
    await service(app).setMaintenance(false);
    await until(() => client.status?.maintenanceMode === false);
    expect(heard.map(({ maintenanceMode, message }) => [maintenanceMode, message])).toEqual([
      [false, null],
      [true, 'Back soon'],
      [false, null],
    ]);
    expect(connections).toEqual(['live']);
    expect(await client.ping('general')).toEqual({ ...client.status, currentMode: false });
    client.close();
    await service(app).setMaintenance(true);
    expect(heard).toHaveLength(3);
  });
});

describe('createMaintenanceClient()', () => {
  it('polls the ping endpoint if sockets are off, also with a prefix', async () => {
    await using app = await createExpressApp(root({ socket: false }), (nest) => nest.setGlobalPrefix('api'));
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message: 'By post' });
    const client = createMaintenanceClient({ url: app.url, io: null, pingUrl: '/api/maintenance/ping' });
    await until(() => client.status);
    expect(client.connection).toBe('polling');
    expect(client.status).toEqual({
      maintenanceMode: true,
      modes: {},
      message: 'By post',
      retryAfter: 60,
      until: null,
      revision: 0,
    });
    await service(app).setMaintenance(false);
    await until(() => client.status?.maintenanceMode === false, { timeout: 15_000 });
    expect(await client.ping()).toMatchObject({ maintenanceMode: false });
    client.close();
  });

  it('falls back to the ping endpoint if the gateway refuses it', async () => {
    await using app = await createExpressApp(root({ socket: { namespace: '/elsewhere' } }));
    const client = createMaintenanceClient({ url: app.url, io });
    await until(() => client.connection === 'polling', { timeout: 15_000 });
    expect(client.status).toMatchObject({ maintenanceMode: false });
    client.close();
  });

  it('takes a namespace and a path without their slashes', async () => {
    await using app = await createExpressApp(root({ socket: { namespace: 'own', path: '/ws' } }));
    const client = createMaintenanceClient({ url: app.url, io, namespace: 'own', path: 'ws', pingUrl: null });
    await until(() => client.status);
    expect(client.connection).toBe('live');
    client.close();
  });

  it('reports a lost connection, and reconnects', async () => {
    const port = await freePort();
    const first = await createExpressApp(root(), undefined, { port });
    const client = createMaintenanceClient({ url: first.url, io });
    await until(() => client.connection === 'live');
    await first.close();
    await until(() => client.connection === 'lost');
    await using second = await createExpressApp(root(), undefined, { port });
    await until(() => client.connection === 'live', { timeout: 15_000 });
    await service(second).setMaintenance(true);
    await until(() => client.status?.maintenanceMode);
    expect(client.status?.revision).toBe(1);
    client.close();
  });

  it('sends auth for the permissions, and reports what is wrong with a response', async () => {
    await using app = await createExpressApp(
      root({
        permissions: (_permission, subject) =>
          subject.type === 'socket' &&
          (subject.socket as { handshake: { auth: { token?: string } } }).handshake.auth.token === 'staff',
      }),
    );
    const client = createMaintenanceClient({ url: app.url, io, auth: { token: 'staff' } });
    await until(() => client.status);
    expect(client.status?.maintenance?.['general']).toMatchObject({ name: 'general', value: false });
    await expect(client.ping(5 as never)).rejects.toThrow('Malformed ping');
    client.close();
  });

  it('notifies all subscribers although one of them throws', async () => {
    await using app = await createExpressApp(root());
    const client = createMaintenanceClient({ url: app.url, io });
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    const others = process.listeners('uncaughtException').slice(0, -1);
    others.forEach((listener) => process.off('uncaughtException', listener));
    try {
      client.subscribe(() => {
        throw new Error('on purpose');
      });
      const heard = new Promise((resolve) => client.subscribe(resolve));
      expect(await heard).toMatchObject({ maintenanceMode: false });
      expect(await thrown).toMatchObject({ message: 'on purpose' });
    } finally {
      others.forEach((listener) => process.on('uncaughtException', listener));
      client.close();
    }
  });

  it('refuses an invalid URL', () => {
    expect(() => createMaintenanceClient()).toThrow('needs { url } outside of a browser');
    expect(() => createMaintenanceClient({ url: 'nonsense' })).toThrow(
      'createMaintenanceClient() received "nonsense" as "url"; accepted: an http:// or https:// URL.',
    );
  });

  it.each<[string, unknown, string]>([
    ['no object', null, 'received null as options; accepted: an object'],
    ['text', 'https://example.com', 'received "https://example.com" as options'],
    ['another protocol', { url: 'ftp://example.com' }, 'received "ftp://example.com" as "url"'],
    ['a URL that is no text', { url: 5 }, 'received 5 as "url"; accepted: an http:// or https:// URL'],
    ['a namespace that is no text', { namespace: 5 }, 'received 5 as "namespace"'],
    ['no path', { path: '' }, 'received "" as "path"; accepted: a path such as "/socket.io"'],
    [
      'a ping URL that is no text',
      { pingUrl: 5 },
      'received 5 as "pingUrl"; accepted: a path, a URL or null',
    ],
    ['something else as io', { io: 5 }, 'received 5 as "io"; accepted: io of socket.io-client, or null'],
    ['no way to the server', { io: null, pingUrl: null }, 'null as "io" and as "pingUrl"'],
    ['a misspelt option', { pingURL: '/ping' }, 'Unknown option "pingURL"'],
  ])('refuses %s', (_what, options, message) => {
    const given =
      typeof options === 'object' ? options && { url: 'https://example.com', ...options } : options;
    expect(() => createMaintenanceClient(given as never)).toThrow(message);
    expect(() => createMaintenanceClient(given as never)).toThrow(TypeError);
  });

  it('waits for its socket before it asks for a key, which the ping endpoint does not know', async () => {
    await using app = await createExpressApp(root());
    for (const given of [{ io }, {}, { io, pingUrl: null }]) {
      const client = createMaintenanceClient({ url: app.url, ...given });
      expect(await client.ping('general')).toMatchObject({ maintenanceMode: false, currentMode: false });
      client.close();
    }
    const client = createMaintenanceClient({ url: app.url, io, pingUrl: null });
    expect(await client.ping()).toMatchObject({ maintenanceMode: false });
    client.close();
  });

  it('asks the ping endpoint if there is no socket, and gives up when it is closed', async () => {
    await using app = await createExpressApp(root({ socket: false }));
    const polling = createMaintenanceClient({ url: app.url, io });
    expect(await polling.ping('general')).toMatchObject({ maintenanceMode: false });
    polling.close();
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const client = createMaintenanceClient({ url: `http://127.0.0.1:${port}`, io });
    const asked = client.ping('general');
    client.close();
    await expect(asked).rejects.toThrow('The client is closed.');
    mute.close();
  });

  it('that is closed is lost, and rejects a ping at once', async () => {
    await using app = await createExpressApp(root());
    for (const given of [io, undefined, null]) {
      const client = createMaintenanceClient({ url: app.url, io: given });
      await until(() => client.status);
      client.close();
      client.close();
      expect(client.connection).toBe('lost');
      const asked = performance.now();
      await expect(client.ping('general')).rejects.toThrow('The client is closed.');
      expect(performance.now() - asked).toBeLessThan(3_000);
    }
  });

  it('that is closed before its socket is there is lost as well', async () => {
    await using app = await createExpressApp(root());
    const client = createMaintenanceClient({ url: app.url });
    expect(client.connection).toBe('connecting');
    client.close();
    expect(client.connection).toBe('lost');
    await expect(client.ping()).rejects.toThrow('The client is closed.');
    expect(client.connection).toBe('lost');
  });
});
