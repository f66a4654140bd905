import { describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { request } from '../support/http.js';
import { RawWebSocket } from '../support/raw-web-socket.js';
import { TestClient } from './clients.js';

type Variant = 'plain' | 'library' | 'hanging';
type Attack = (port: number) => Promise<unknown>;

const MB = 1024 * 1024;
const POLLING = '/socket.io/?EIO=4&transport=polling';
/** How Engine.IO puts packets into one payload. */
const payload = (...packets: string[]) => packets.join('\x1e');
const PING = '42/maintenance,0["ping",{}]';

const start = (variant: Variant) =>
  Child.start<{ port: number }>('flooded-gateway', { args: [variant], flags: ['--max-old-space-size=256'] });

/** A session of long polling that sends and never fetches what is sent to it. */
async function session(port: number, ...payloads: string[]): Promise<void> {
  const { text } = await request(port, POLLING);
  const { sid } = JSON.parse(text.slice(1)) as { sid: string };
  for (const body of payloads) {
    const sent = request(port, `${POLLING}&sid=${sid}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    });
    // it may be disconnected in the middle
    await sent.catch(() => undefined);
  }
}

/** What a measurement of the heap may be off, for each session, in bytes. Answers that were kept would be three times as many. */
const NOISE = 96 * 1024;
const SESSIONS = 20;

/** Heap that a session of an attack leaves behind, in bytes. */
async function cost(variant: Variant, attack: Attack, message?: string): Promise<number> {
  await using server = await start(variant);
  const { port } = server.facts;
  if (message !== undefined) await server.send('set', true, message);
  // what the first ones leave behind for good is not theirs
  for (let i = 0; i < 3; i++) await attack(port);
  const before = await server.send<number>('heap');
  for (let i = 0; i < SESSIONS; i++) await attack(port);
  return ((await server.send<number>('heap')) - before) / SESSIONS;
}

const JOIN = '40/maintenance,';
const open: RawWebSocket[] = [];

/** A WebSocket that joins, sends and never reads. */
async function deaf(port: number, ...packets: string[]): Promise<void> {
  const socket = await RawWebSocket.open(port);
  open.push(socket);
  socket.stopReading();
  socket.send(JOIN, ...packets);
}

describe('an attack costs at most twice what it costs a plain gateway', () => {
  it.each<[string, Attack, Attack | undefined, string | undefined]>([
    [
      'pings whose answers nobody fetches',
      (port) => session(port, JOIN, payload(...Array<string>(11_000).fill(PING))),
      (port) => session(port, JOIN, payload(...Array<string>(1_000).fill(PING))),
      undefined,
    ],
    [
      'few of them, with a long message in each answer',
      (port) => session(port, JOIN, payload(...Array<string>(30).fill(PING))),
      undefined,
      'm'.repeat(10_000),
    ],
    [
      'joins without end',
      (port) => session(port, payload(...Array<string>(1_000).fill(JOIN))),
      undefined,
      'm'.repeat(10_000),
    ],
    [
      'a WebSocket that reads nothing',
      (port) => deaf(port, ...Array<string>(30).fill(PING)),
      undefined,
      'm'.repeat(10_000),
    ],
  ])(
    '%s',
    async (what, attack, plainly = attack, message) => {
      const plain = await cost('plain', plainly);
      const library = await cost('library', attack, message);
      const hanging = await cost('hanging', attack, message);
      const kB = (bytes: number) => `${(bytes / 1024).toFixed(0)} kB`;
      console.log(
        `${what}: plain ${kB(plain)}, library ${kB(library)}, permissions that hang ${kB(hanging)}`,
      );
      for (const socket of open.splice(0)) socket.close();
      // what a collection of garbage returns meanwhile is no cost
      const most = Math.max(plain, 0) * 2 + NOISE;
      expect(library).toBeLessThan(most);
      expect(hanging).toBeLessThan(most);
    },
    120_000,
  );
});

describe('a process of 256 MB', () => {
  it('survives fifteen megabytes of pings whose answers are not read, and serves others meanwhile', async () => {
    await using server = await start('library');
    const { port } = server.facts;
    await server.send('set', true, 'm'.repeat(10_000));
    using bystander = await TestClient.connect(`http://127.0.0.1:${port}`);
    const before = await server.send<number>('heap');
    for (let i = 0; i < 60; i++) {
      await session(port, JOIN, payload(...Array<string>(11_000).fill(PING)));
      expect(await bystander.ask({ key: 'general' })).toMatchObject({ currentMode: true });
    }
    expect((await server.send<number>('heap')) - before).toBeLessThan(20 * MB);
  }, 120_000);
});
