import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Replica } from './replicas.js';

const KEY = 'import-export';
/** Milliseconds in which an observer would long have begun, or been waited for, if it were to be. */
const MOMENT = 1_500;

let server: RedisServer;
let one: Replica;
beforeAll(async () => {
  server = await RedisServer.start();
  one = await Replica.start(server.url);
}, 60_000);
afterEach(() => one.unset(KEY));
afterAll(async () => {
  await one?.child.kill();
  await server.stop();
});

/** A process without handlers, on a wire of its own, which the other one has seen. */
async function observer(env: Record<string, string> = {}) {
  const proxy = await TcpProxy.start(server);
  const replica = await Replica.start(proxy.url, { HANDLERS: 'none', ...env });
  await until(async () => (await one.replicas()).some(({ pid }) => pid === replica.child.pid), {
    timeout: 15_000,
  });
  return {
    replica,
    proxy,
    async [Symbol.asyncDispose]() {
      // one that is killed while it is about to listen again would stay listed until it is presumed dead
      await replica.child.send('close');
      await replica.child.kill();
      await proxy.stop();
      await until(async () => (await one.replicas()).length === 1, { timeout: 20_000 });
    },
  };
}

describe('a process without handlers', () => {
  it('that is silent delays no drain and no acknowledgement, whatever it knows', async () => {
    await using at = await observer();
    at.replica.child.signal('SIGSTOP');
    await until(async () => (await one.replicas()).some(({ silent }) => silent), { timeout: 10_000 });
    const work = one.work('alone', KEY, { drain: 5_000 });
    await one.reaches('alone');
    await one.open('alone');
    expect(await work).toEqual({ ran: true });
    expect((await one.set(true, KEY, { acknowledge: 3_000 })).missing).toEqual([]);
    at.replica.child.signal('SIGCONT');
  }, 60_000);

  it('does not start its first work before others can see that it may run something', async () => {
    await using at = await observer();
    const { replica, proxy } = at;
    // nothing passes: nobody could be told, and nobody waits for it
    proxy.pause();
    const calls = ['first', 'second'].map((gate) => replica.whileOpen(gate, KEY));
    await delay(100);
    const work = one.work('drained', KEY, { drain: 10_000 });
    await one.reaches('drained');
    expect((await replica.gates()).begun).toEqual([]);
    proxy.resume();
    // by now it knows of the maintenance, or was too late to be told and refuses all the same
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ ran: false, error: { name: 'MaintenanceActiveError' } });
    }
    expect((await replica.gates()).begun).toEqual([]);
    await one.open('drained');
    expect(await work).toEqual({ ran: true });
  }, 60_000);

  it('is waited for from its first work on, without further requests to Redis', async () => {
    await using at = await observer();
    const { replica, proxy } = at;
    const first = replica.whileOpen('begun', KEY);
    await replica.reaches('begun');
    const work = one.work('patient', KEY, { drain: 20_000 });
    await delay(MOMENT);
    expect((await one.gates()).begun).not.toContain('patient');
    await replica.open('begun');
    expect(await first).toEqual({ ran: true });
    await one.reaches('patient');
    await one.open('patient');
    await work;

    await until(async () => !(await replica.isOn(KEY)));
    proxy.pause();
    const second = replica.whileOpen('unasked', KEY);
    await replica.reaches('unasked');
    // silent and connected, it may run something: that is waited for
    const other = one.work('for-the-silent', KEY, { drain: 30_000 });
    await until(async () => (await one.replicas()).some(({ silent }) => silent), { timeout: 10_000 });
    await delay(MOMENT);
    expect((await one.gates()).begun).not.toContain('for-the-silent');
    await replica.open('unasked');
    expect(await second).toEqual({ ran: true });
    proxy.resume();
    await one.reaches('for-the-silent');
    await one.open('for-the-silent');
    expect(await other).toEqual({ ran: true });
  }, 90_000);

  it('waits until others can see it if asked to wait, and then starts', async () => {
    await using at = await observer();
    const { replica, proxy } = at;
    proxy.pause();
    const waiting = replica.whileOpen('later', KEY, { otherwise: 'wait' });
    await delay(MOMENT);
    expect((await replica.gates()).begun).toEqual([]);
    proxy.resume();
    await replica.reaches('later');
    await replica.open('later');
    expect(await waiting).toEqual({ ran: true });
  }, 60_000);
});

describe('a service that shares the namespace', () => {
  /** An application that does not know the key, with handlers. */
  const stranger = (foreign?: string): Promise<Replica> =>
    Replica.start(server.url, { KEYS: 'billing', ...(foreign && { FOREIGN_KEYS: foreign }) });
  /** Waits until the other one is listed; gives its id. */
  const seen = async (replica: Replica): Promise<string> => {
    const find = async () => (await one.replicas()).find(({ pid }) => pid === replica.child.pid);
    return (await until(find, { timeout: 15_000 })).id;
  };
  const gone = () => until(async () => (await one.replicas()).length === 1, { timeout: 20_000 });

  it('and does not know a key counts as not applied and not drained', async () => {
    await using other = await stranger();
    const id = await seen(other);
    expect((await one.set(true, KEY, { acknowledge: 1_000 })).missing).toEqual([id]);
    const { ran, error } = await one.work('refused', KEY, { drain: 1_000 });
    expect(ran).toBe(false);
    expect(error?.message).toContain(`does not know key ${KEY}`);
    await other.child.kill();
    await gone();
  }, 60_000);

  it.each(['import-export', 'true'])(
    'and declares the key foreign (%s) delays nobody',
    async (foreign) => {
      await using other = await stranger(foreign);
      await seen(other);
      expect((await one.set(true, KEY, { acknowledge: 5_000 })).missing).toEqual([]);
      await one.set(false, KEY);
      const asked = other.get('/wait/busy');
      await other.reaches('busy');
      const work = one.work(`beside-${foreign}`, KEY, { drain: 5_000 });
      await one.reaches(`beside-${foreign}`);
      await one.open(`beside-${foreign}`);
      expect(await work).toEqual({ ran: true });
      await other.open('busy');
      expect((await asked).status).toBe(200);
      // its own keys are still its own
      const billing = await other.set(true, 'billing', { acknowledge: 5_000 });
      expect(billing.missing).toEqual([]);
      expect(await one.isOn('billing')).toBe(true);
      await one.unset('billing');
      await other.child.kill();
      await gone();
    },
    60_000,
  );

  it('must not declare a key of its own foreign', async () => {
    await using other = await Replica.start(server.url, { FOREIGN_KEYS: KEY });
    const id = await seen(other);
    const asked = other.get('/wait/own');
    await other.reaches('own');
    const { ran, replicas } = await one.work('own-key', KEY, { drain: 500 });
    expect(ran).toBe(false);
    expect(replicas).toMatchObject([{ id }]);
    await other.open('own');
    await asked;
    await other.child.kill();
    await gone();
  }, 60_000);
});
