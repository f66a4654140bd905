import { connect } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

type Replica = Child<{ port: number }>;

let server: RedisServer;
let holder: Replica;
let serving: Replica;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
  const start = (): Promise<Replica> =>
    Child.start('graphql-and-sockets', { env: { REDIS_URL: server.url }, timeout: 60_000 });
  [holder, serving] = (await Promise.all([start(), start()])) as [Replica, Replica];
}, 90_000);
afterAll(async () => {
  sockets.forEach((socket) => socket.disconnect());
  await Promise.all([holder, serving].map((replica) => replica?.kill()));
  await server.stop();
});

const gates = (replica: Replica) => replica.send<{ begun: string[]; ended: string[] }>('gates');
const reaches = (replica: Replica, gate: string) =>
  until(async () => (await gates(replica)).begun.includes(gate), { timeout: 15_000, what: `gate "${gate}"` });
const work = (gate: string, key: string, drain: number) => holder.send<string[]>('work', gate, key, drain);
const isOn = (replica: Replica, key: string) => replica.send<boolean>('isOn', key);

const ask = async (replica: Replica, query: string) =>
  (await request(replica.facts.port, '/graphql', { method: 'POST', json: { query } })).json<{
    data: unknown;
    errors?: { extensions: { code: string } }[];
  }>();

/** Asks, and hangs up once the resolver has begun. */
async function hangUp(replica: Replica, query: string, gate: string): Promise<void> {
  const body = JSON.stringify({ query });
  const socket = connect(replica.facts.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await reaches(replica, gate);
  socket.destroy();
}

async function say(replica: Replica, gate: string): Promise<unknown> {
  const socket = io(`http://127.0.0.1:${replica.facts.port}`, { transports: ['websocket'], forceNew: true });
  sockets.push(socket);
  return socket.emitWithAck('say', gate);
}

/** Work that is in no hurry begins when what is behind the gate has ended. Returns what hasty work was notified of. */
async function waitedFor(replica: Replica, gate: string, key: string): Promise<string[]> {
  let routes: string[] = [];
  for (const drain of [500, 2_000, 8_000]) {
    // none: the other replica had not reported yet
    if (routes.length === 0) routes = await work(`never-${gate}`, key, drain);
  }
  const patient = work(`after-${gate}`, key, 20_000);
  await until(() => isOn(serving, key));
  expect((await gates(holder)).begun).not.toContain(`after-${gate}`);
  await replica.send('open', gate);
  await reaches(holder, `after-${gate}`);
  expect((await gates(replica)).ended).toContain(gate);
  await holder.send('open', `after-${gate}`);
  expect(await patient).toEqual([]);
  await until(async () => !(await isOn(serving, key)));
  return routes;
}

describe.each([
  ['another replica', () => serving],
  ['the same replica', () => holder],
])('work waits on %s', (where, replica) => {
  const name = (kind: string) => `${kind}-${where.split(' ')[0]}`;

  it.each(['general', 'frozen'])('for mutations, under the key %s', async (key) => {
    const gate = name(`mutation-${key}`);
    const asked = ask(replica(), `mutation { write(gate: "${gate}") }`);
    await reaches(replica(), gate);
    expect(await waitedFor(replica(), gate, key)).toEqual(['AppResolver.write']);
    expect(await asked).toEqual({ data: { write: gate } });
  });

  it('for mutations whose visitor has hung up', async () => {
    const gate = name('hung-up');
    await hangUp(replica(), `mutation { write(gate: "${gate}") }`, gate);
    expect(await waitedFor(replica(), gate, 'frozen')).toEqual(['AppResolver.write']);
  });

  it('for queries, but not under a key that lets them pass', async () => {
    const gate = name('query');
    const asked = ask(replica(), `{ read(gate: "${gate}") }`);
    await reaches(replica(), gate);
    const beside = work(`beside-${gate}`, 'frozen', 20_000);
    await reaches(holder, `beside-${gate}`);
    expect((await gates(replica())).ended).not.toContain(gate);
    await holder.send('open', `beside-${gate}`);
    expect(await beside).toEqual([]);
    expect(await waitedFor(replica(), gate, 'general')).toEqual(['AppResolver.read']);
    expect(await asked).toEqual({ data: { read: gate } });
  });

  it('for gateway messages', async () => {
    const gate = name('message');
    const answered = say(replica(), gate);
    await reaches(replica(), gate);
    expect(await waitedFor(replica(), gate, 'general')).toEqual(['AppGateway.say']);
    expect(await answered).toBe(gate);
  });

  it('for gateway messages whose client has disconnected', async () => {
    const gate = name('gone');
    say(replica(), gate).catch(() => undefined);
    await reaches(replica(), gate);
    sockets.splice(0).forEach((socket) => socket.disconnect());
    expect(await waitedFor(replica(), gate, 'general')).toEqual(['AppGateway.say']);
  });
});

it('operations and messages are refused while work runs', async () => {
  const working = work('working', 'general', 20_000);
  await reaches(holder, 'working');
  for (const replica of [holder, serving]) {
    for (const query of ['{ read(gate: "late") }', 'mutation { write(gate: "late") }']) {
      expect((await ask(replica, query)).errors?.[0]?.extensions.code).toBe('MAINTENANCE');
    }
  }
  const refused = new Promise((resolve) => {
    const socket = io(`http://127.0.0.1:${serving.facts.port}`, {
      transports: ['websocket'],
      forceNew: true,
    });
    sockets.push(socket.once('exception', resolve));
    socket.emit('say', 'late');
  });
  expect(await refused).toMatchObject({ code: 'MAINTENANCE' });
  await holder.send('open', 'working');
  expect(await working).toEqual([]);
  for (const replica of [holder, serving]) expect((await gates(replica)).begun).not.toContain('late');
});
