import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Namespace } from 'socket.io';
import { Manager } from 'socket.io-client';
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

const root = () => ({ imports: [MaintenanceModule.forRoot({ permissions: () => false })] });
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

/** Packets that a connection may send: a burst, and what it has earned since then. */
const allowance = (since: number): number => 40 + ((performance.now() - since) / 1_000) * 50;

/** The application's own view of the gateway's clients. */
@WebSocketGateway({ namespace: '/maintenance' })
class Door {
  @WebSocketServer() server!: Namespace;
}

@WebSocketGateway({ namespace: '/chat' })
class ChatGateway {
  @SubscribeMessage('echo')
  echo(_client: unknown, what: unknown): unknown {
    return what;
  }
}

/** Sends packets as they are, over a WebSocket that has joined the namespace. */
async function rawClient(
  url: string,
  join = '40/maintenance,',
): Promise<{ socket: WebSocket; received: string[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const received: string[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  socket.on('error', () => undefined);
  await until(() => received.length > 0, { what: 'the handshake' });
  socket.send(join);
  return { socket, received };
}

describe.each(adapters)('hostile clients on %s', (_name, createApp) => {
  it('get an error for pings that are malformed', async () => {
    await using app = await createApp(root());
    await service(app).setMaintenance(true);
    using client = await TestClient.connect(app.url);
    const malformed = [
      [null],
      [1],
      ['general'],
      [true],
      [['general']],
      [{ key: 1 }],
      [{ key: null }],
      [{ key: {} }],
      [{ key: ['general'] }],
      [Buffer.from('general')],
      [{}, {}],
      [{ key: 'general' }, 'more'],
    ];
    for (const args of malformed) {
      expect(await client.ask(...args), JSON.stringify(args)).toEqual({
        error: expect.stringContaining('Malformed'),
        maintenanceMode: true,
      });
    }
    expect(await client.ask({ key: 'general' })).toMatchObject({ currentMode: true, maintenanceMode: true });
    for (const args of [
      [],
      [{}],
      [{ key: 'unknown' }],
      [{ key: '__proto__' }],
      [{ key: 'constructor' }],
      [{ key: '' }],
    ]) {
      const answer = await client.ask(...args);
      expect(answer).toMatchObject({ maintenanceMode: true, modes: { general: true }, revision: 1 });
      expect(answer).not.toHaveProperty('currentMode');
    }
  });

  it('crash nothing with invalid packets', async () => {
    await using app = await createApp(root());
    using bystander = await TestClient.connect(app.url);
    const packets = [
      '42/maintenance,["ping"]',
      '42/maintenance,1["ping","not a function"]',
      '42/maintenance,["ping",{"key":"general"},"no ack"]',
      '42/maintenance,[]',
      '42/maintenance,{"ping":1}',
      '42/maintenance,["disconnect"]',
      '42/maintenance,["error","x"]',
      '42/maintenance,["__proto__",{}]',
      '43/maintenance,99["an answer nobody asked for"]',
      '45/maintenance,1-["ping",{"_placeholder":true,"num":0}]',
      '45/maintenance,999999999-["ping"]',
      '40/maintenance,{"again":true}',
      '40/unknown,',
      '42/unknown,["ping"]',
      '49',
      '4',
      '',
      '\u0000\u0001',
      '42/maintenance,["ping"',
      `42/maintenance,[${'['.repeat(50_000)}`,
    ];
    for (const packet of packets) {
      const { socket } = await rawClient(app.url);
      socket.send(packet);
      socket.send(Buffer.from(packet));
      socket.close();
    }
    await service(app).setMaintenance(true);
    expect((await bystander.told(2))[1]).toMatchObject({ maintenanceMode: true });
    expect(await bystander.ask({ key: 'general' })).toMatchObject({ currentMode: true });
  });

  it('get an error if a namespace is unknown', async () => {
    await using app = await createApp(root());
    using client = TestClient.open(app.url, {}, '/maintenance2');
    await until(() => client.errors.length > 0);
    expect(client.errors).toEqual(['Invalid namespace']);
  });

  it('do no harm with events of one megabyte', async () => {
    await using app = await createApp(root());
    using client = await TestClient.connect(app.url);
    expect(await client.ask({ key: 'x'.repeat(900_000) })).toMatchObject({ maintenanceMode: false });
    client.socket.emit('unknown', 'x'.repeat(900_000));
    expect(await client.ask('x'.repeat(900_000))).toMatchObject({ error: expect.any(String) });
    const gone = until(() => !client.socket.connected, { what: 'the end of the connection' });
    client.socket.emit('ping', { key: 'x'.repeat(1_100_000) }, () => undefined);
    await gone;
    using other = await TestClient.connect(app.url);
    expect(other.last?.maintenanceMode).toBe(false);
  });
});

describe('floods', () => {
  it('of pings are disconnected, and others are served meanwhile', async () => {
    await using app = await createExpressApp(root());
    using flooder = await TestClient.connect(app.url, { reconnection: false });
    using bystander = await TestClient.connect(app.url);
    let answered = 0;
    const gone = new Promise<string>((resolve) => flooder.socket.once('disconnect', resolve));
    const begun = performance.now();
    for (let i = 0; i < 5_000; i++) flooder.socket.emit('ping', {}, () => answered++);
    expect(await gone).toBe('io server disconnect');
    const allowed = allowance(begun);
    await service(app).setMaintenance(true);
    await bystander.told(2);
    expect(await bystander.ask({ key: 'general' })).toMatchObject({ currentMode: true });
    expect(answered).toBeLessThanOrEqual(allowed);
    await until(async () => (await connections(app)) === 1, { what: 'the connection to be gone' });
    using again = await TestClient.connect(app.url);
    expect(await again.ask({})).toMatchObject({ maintenanceMode: true });
  });

  it('within the limit are answered completely', async () => {
    await using app = await createExpressApp(root());
    using client = await TestClient.connect(app.url);
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.ask({ key: 'general' })));
    expect(answers.filter((answer) => answer['currentMode'] === false)).toHaveLength(30);
    expect(client.socket.connected).toBe(true);
  });

  it.each(['websocket', 'polling'])(
    'of pings do not affect other namespaces of the same connection, over %s',
    async (transport) => {
      await using app = await createExpressApp({ ...root(), providers: [ChatGateway] });
      // one connection for both
      const manager = new Manager(app.url, { transports: [transport] });
      const chat = manager.socket('/chat');
      using flooder = new TestClient(manager.socket('/maintenance'));
      await flooder.told(1);
      const gone = new Promise<string>((resolve) => flooder.socket.once('disconnect', resolve));
      for (let i = 0; i < 1_000; i++) {
        flooder.socket.emit('ping', {}, () => undefined);
        if (i % 100 === 0) chat.emit('echo', i);
      }
      expect(await gone).toBe('io server disconnect');
      // what was on its way to us comes after the end, and is nobody's
      const engine = manager.engine;
      for (let i = 0; i < 100; i++) engine.send(`2/maintenance,${i}["ping",{}]`);
      expect(await chat.timeout(5_000).emitWithAck('echo', 'still here')).toBe('still here');
      expect(manager.engine).toBe(engine);
      // and may join again once it has calmed down
      await until(
        async () => {
          if (!flooder.socket.connected) flooder.socket.connect();
          return flooder.statuses.length > 1;
        },
        { interval: 300, what: 'another status' },
      );
      expect(await flooder.ask({})).toMatchObject({ maintenanceMode: false });
      expect(await chat.timeout(5_000).emitWithAck('echo', 'here too')).toBe('here too');
      chat.disconnect();
    },
  );

  it('of other namespaces are not our concern', async () => {
    await using app = await createExpressApp({ ...root(), providers: [ChatGateway] });
    const manager = new Manager(app.url, { transports: ['websocket'] });
    const chat = manager.socket('/chat');
    using client = new TestClient(manager.socket('/maintenance'));
    await client.told(1);
    const echoes = await Promise.all(
      Array.from({ length: 500 }, (_, i) => chat.timeout(10_000).emitWithAck('echo', i)),
    );
    expect(echoes).toHaveLength(500);
    expect(await client.ask({})).toMatchObject({ maintenanceMode: false });
    chat.disconnect();
  });

  it('of joins are dropped without an answer, and another namespace goes on', async () => {
    await using app = await createExpressApp({ ...root(), providers: [ChatGateway] });
    const polling = '/socket.io/?EIO=4&transport=polling';
    const { sid } = JSON.parse((await request(app.port, polling)).text.slice(1)) as { sid: string };
    const post = (...packets: string[]) =>
      request(app.port, `${polling}&sid=${sid}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: packets.join('\x1e'),
      });
    let received = '';
    const receives = (packet: string) =>
      until(async () => {
        if (!received.includes(packet)) received += (await request(app.port, `${polling}&sid=${sid}`)).text;
        return received.includes(packet);
      });
    await post('40/chat,');
    await receives('40/chat,');
    const begun = performance.now();
    await post(...Array<string>(500).fill('40/maintenance,'));
    await receives('42/maintenance,["status"');
    await post('42/chat,1["echo","still here"]');
    await receives('43/chat,1["still here"]');
    // each counts as eight
    expect(received.split('40/maintenance,').length - 1).toBeLessThanOrEqual(allowance(begun) / 8);
    expect(received).not.toContain('44/maintenance,');
  });

  it('whose answers are not read do not fill memory', async () => {
    const message = 'm'.repeat(5_000);
    await using app = await createExpressApp({ ...root(), providers: [Door] });
    await service(app).setMaintenance(true, 'general', { message });
    using slow = await TestClient.connect(app.url, { reconnection: false });
    const [served] = app.app.get(Door).server.sockets.values();
    const conn = served?.conn as unknown as {
      transport: { writable: boolean };
      writeBuffer: { data: string }[];
      readyState: string;
    };
    // what a client does that reads no more
    conn.transport.writable = false;
    const waiting = () => conn.writeBuffer.reduce((sum, { data }) => sum + data.length, 0);
    for (let i = 0; i < 5; i++) await service(app).setMaintenance(true, 'general', { message: message + i });
    expect(waiting()).toBeGreaterThan(20_000);
    expect(slow.socket.connected).toBe(true);
    for (let i = 0; i < 5; i++) await service(app).setMaintenance(true, 'general', { message: message + i });
    expect(waiting()).toBeLessThan(50_000);
    await until(() => conn.readyState === 'closed' && !slow.socket.connected);
    using bystander = await TestClient.connect(app.url);
    expect(await bystander.ask({})).toMatchObject({ maintenanceMode: true });
  });

  it('of reconnecting clients are served, and leave nothing behind', async () => {
    await using app = await createExpressApp(root());
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const count = 300;
    for (let round = 0; round < 2; round++) {
      const clients = await Promise.all(
        Array.from({ length: count }, () => TestClient.connect(app.url, { reconnectionDelay: 10 })),
      );
      // one look at all of them: hundreds that look for themselves keep the machine from serving them
      const told = (times: number) =>
        until(() => clients.every(({ statuses }) => statuses.length >= times), {
          timeout: 10_000,
          what: `status number ${times} of all clients`,
        });
      await service(app).setMaintenance(round === 0);
      await told(2);
      for (const { socket } of clients) socket.io.engine.close();
      await told(3);
      expect(new Set(clients.map((client) => client.last?.maintenanceMode))).toEqual(new Set([round === 0]));
      for (const client of clients) client.close();
    }
    delay.disable();
    expect(delay.percentile(99) / 1e6).toBeLessThan(1_000);
    await until(async () => (await connections(app)) === 0, { what: 'all connections to be gone' });
    expect((await request(app.port, '/maintenance/ping')).status).toBe(200);
  });
});

function connections({ app }: RunningApp): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = app.getHttpServer() as {
      getConnections(done: (error: Error | null, count: number) => void): void;
    };
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
