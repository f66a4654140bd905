import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

let count = 0;

const damages: [string, (record: string) => string | Buffer][] = [
  ['nothing', () => ''],
  ['something else', () => 'oops'],
  ['what Redis returns of something too long', () => '^2000000'],
  ['bytes that are no text', () => Buffer.from([0xff, 0x00, 0xfe])],
  ['half of it', (record) => record.slice(0, -20)],
  ['an older format', (record) => record.replace(/^1 /, '0 ')],
  ['its format written otherwise', (record) => record.replace(/^1 /, '01 ')],
  [
    'itself, with bytes that are no text',
    (record) => Buffer.concat([Buffer.from(record), Buffer.from([0xfe])]),
  ],
];

/** Somebody has overwritten one record, so that nothing shows it but that record. */
describe.each(damages)('a record in Redis that was replaced by %s', (_, damage) => {
  async function damaged() {
    const namespace = `damaged-${++count}`;
    const options = { redis: server.url, namespace, commandTimeout: 5_000 };
    const app = await startService(options);
    await app.service.setMaintenance(true, 'general', { message: 'kept' });
    const entry = `${namespace}:{${namespace}}:records`;
    const client = server.client();
    const sound = String(await client.hget(entry, 'general'));
    await client.hset(entry, 'general', damage(sound));
    const stored = () => client.hget(entry, 'general');
    return { app, options, sound, stored, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
  }

  it('can be changed by a process that knows it', async () => {
    await using at = await damaged();
    const { service } = at.app;
    const change = await service.setMaintenance(true, 'general', { message: 'new' });
    expect(change.previous).toMatchObject({ message: 'kept' });
    expect((await service.getKeyData())['general']).toMatchObject({ message: 'new' });
    expect(service.health()).toMatchObject({ up: true, error: null });
  });

  it('is put back by it when another process cannot read it', async () => {
    await using at = await damaged();
    await using late = await startService(at.options);
    await until(() => late.isOn(), { timeout: 10_000 });
    await until(() => late.service.health().up, { timeout: 10_000 });
    expect((await late.service.getKeyData())['general']).toMatchObject({ message: 'kept' });
    expect(await at.stored()).toBe(at.sound);
    expect(at.app.changes).toHaveLength(1);
  });
});

it('a record in Redis that was replaced by its former self can be changed by a process that knows better', async () => {
  const namespace = `damaged-${++count}`;
  await using app = await startService({ redis: server.url, namespace, commandTimeout: 5_000 });
  const entry = `${namespace}:{${namespace}}:records`;
  const client = server.client();
  await app.service.setMaintenance(true, 'general', { message: 'former' });
  const former = String(await client.hget(entry, 'general'));
  await app.service.setMaintenance(true, 'general', { message: 'kept' });
  await client.hset(entry, 'general', former);
  const change = await app.service.setMaintenance(true, 'general', { reason: 'new' });
  expect(change.previous).toMatchObject({ message: 'kept' });
  expect(app.logged('has lost changes')).toBe(1);
});

it('nobody who can only listen and publish makes others read everything again', async () => {
  const namespace = `damaged-${++count}`;
  const options = { redis: server.url, namespace };
  await using app = await startService(options);
  const client = server.client();
  const entry = `${namespace}:{${namespace}}:records`;
  const channel = `${namespace}:{${namespace}}:changes:0:`;
  await app.service.setMaintenance(true, 'general');
  const heard: string[] = [];
  const subscriber = server.client();
  subscriber.on('message', (_: string, message: string) => heard.push(message));
  await subscriber.subscribe(channel);
  await client.hset(entry, 'general', 'oops');
  {
    await using late = await startService(options);
    await until(() => late.isOn(), { timeout: 10_000 });
  }
  const said = heard.find((message) => message.startsWith('u'));
  expect(said).toBeDefined();
  // longer than others wait until they read everything again
  await new Promise((resolve) => setTimeout(resolve, 10_500));
  await client.hset(entry, 'general', 'oops');
  await client.publish(channel, said ?? '');
  await client.publish(channel, 'u');
  await client.publish(channel, `u${'0'.repeat(40)}text`);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await client.hget(entry, 'general')).toBe('oops');
  await app.service.refresh();
  expect(app.service.health()).toMatchObject({ up: true, error: null });
}, 40_000);

it('a record that nobody knows makes others look only once in a while', async () => {
  const namespace = `damaged-${++count}`;
  const options = { redis: server.url, namespace };
  const client = server.client();
  const entry = `${namespace}:{${namespace}}:records`;
  {
    await using first = await startService(options);
    await first.service.setMaintenance(true, 'general');
  }
  await client.hset(entry, 'general', 'oops');
  await using one = await startService(options);
  await using two = await startService(options);
  await client.config('RESETSTAT');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1];
  // two replicas, once a second, and what the tests of a busy machine may add
  expect(Number(calls)).toBeLessThan(20);
  expect([one.service.health().up, two.service.health().up]).toEqual([false, false]);
  expect(await client.hget(entry, 'general')).toBe('oops');
});
