import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Namespace } from 'socket.io';
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

const root = () => ({ imports: [MaintenanceModule.forRoot({ permissions: () => false })] });
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

/** The application's own view of the gateway's clients. */
@WebSocketGateway({ namespace: '/maintenance' })
class Door {
  @WebSocketServer() server!: Namespace;
  private heard: () => void = () => undefined;
  readonly done = new Promise<void>((resolve) => (this.heard = resolve));

  @SubscribeMessage('done')
  onDone(): void {
    this.heard();
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

  it('crash nothing with packets that are none', async () => {
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

  it('are told when a namespace is unknown', async () => {
    await using app = await createApp(root());
    using client = TestClient.open(app.url, {}, '/maintenance2');
    await until(() => client.errors.length > 0);
    expect(client.errors).toEqual(['Invalid namespace']);
  });

  it('do no harm with events of a megabyte', async () => {
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
  it('of pings are answered within bounds while others are served', async () => {
    await using app = await createExpressApp(root());
    using flooder = await TestClient.connect(app.url);
    using bystander = await TestClient.connect(app.url);
    let answered = 0;
    let refused = 0;
    for (let i = 0; i < 5_000; i++) {
      flooder.socket.emit('ping', {}, ({ error }: { error?: string }) => (error ? refused++ : answered++));
    }
    await service(app).setMaintenance(true);
    await bystander.told(2);
    expect(await bystander.ask({ key: 'general' })).toMatchObject({ currentMode: true });
    await until(() => answered + refused === 5_000, { timeout: 20_000 });
    expect(answered).toBeGreaterThanOrEqual(40);
    expect(refused).toBeGreaterThan(4_000);
    await until(async () => !('error' in (await flooder.ask({}))), {
      what: 'an answer after the flood',
      interval: 100,
    });
  });

  it('whose answers nobody takes fill no memory', async () => {
    await using app = await createExpressApp({ ...root(), providers: [Door] });
    using flooder = await TestClient.connect(app.url);
    const [served] = await app.app.get(Door).server.fetchSockets();
    const conn = app.app.get(Door).server.sockets.get(served?.id ?? '')?.conn as unknown as {
      transport: { writable: boolean };
      writeBuffer: unknown[];
    };
    // what a client does that reads no more
    conn.transport.writable = false;
    for (let i = 0; i < 12_000; i++) flooder.socket.emit('ping', {}, () => undefined);
    flooder.socket.emit('done');
    await app.app.get(Door).done;
    expect(conn.writeBuffer.length).toBeGreaterThan(9_000);
    expect(conn.writeBuffer.length).toBeLessThan(10_100);
    using bystander = await TestClient.connect(app.url);
    expect(await bystander.ask({})).toMatchObject({ maintenanceMode: false });
  });

  it('of clients that come back at once are served, and leave nothing behind', async () => {
    await using app = await createExpressApp(root());
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const count = 300;
    for (let round = 0; round < 2; round++) {
      const clients = await Promise.all(
        Array.from({ length: count }, () => TestClient.connect(app.url, { reconnectionDelay: 10 })),
      );
      await service(app).setMaintenance(round === 0);
      await Promise.all(clients.map((client) => client.told(2)));
      for (const { socket } of clients) socket.io.engine.close();
      await Promise.all(clients.map((client) => client.told(3)));
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
