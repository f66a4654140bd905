import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MaintenanceHistoryEntry } from 'nestjs-maintenance';
import { RedisServer } from '../support/redis.js';
import { readState } from '../support/redis-state.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { COMMAND_TIMEOUT, startService, type Running } from './service.js';

let server: RedisServer;
let proxy: TcpProxy;
let app: Running;

beforeEach(async () => {
  server = await RedisServer.start();
  proxy = await TcpProxy.start(server);
  app = await startService({ redis: proxy.url, commandTimeout: 3 * COMMAND_TIMEOUT });
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await proxy.stop();
  await server.stop();
});

const messages = async (): Promise<(string | null)[]> =>
  (await app.service.getHistory({ key: 'general' })).map(({ message }: MaintenanceHistoryEntry) => message);

it('a change that had not arrived when the connection broke is made on the next one', async () => {
  proxy.holdBack('one of a kind');
  const change = app.service.setMaintenance(true, 'general', { message: 'one of a kind' });
  await until(() => proxy.holdsBack);
  proxy.cut();
  expect(await change).toMatchObject({ to: true, message: 'one of a kind' });
  expect(app.isOn()).toBe(true);
  expect(await messages()).toEqual(['one of a kind']);
});

it('a change whose answer was lost with the connection was made once', async () => {
  proxy.latencyOfAnswers = 2 * COMMAND_TIMEOUT;
  const change = app.service.setMaintenance(true, 'general', { message: 'here' });
  const stored = await until(async () => {
    const record = (await readState(server.client())).keys.get('general');
    return record?.switch?.message === 'here' ? record : undefined;
  });
  proxy.latencyOfAnswers = 0;
  proxy.cut();
  expect(await change).toMatchObject({ to: true, revision: stored.change.revision });
  expect((await readState(server.client())).keys.get('general')).toEqual(stored);
  expect(app.changes).toHaveLength(1);
  expect(await messages()).toEqual(['here']);
});

it('if somebody else has written since, the outcome is unknown, and their change stays', async () => {
  await using other = await startService({ redis: server.url });
  proxy.latencyOfAnswers = 2 * COMMAND_TIMEOUT;
  const change = app.service.setMaintenance(true, 'general', { message: 'lost?' });
  await until(() => other.isOn());
  await other.service.setMaintenance(true, 'general', { message: 'mine' });
  proxy.latencyOfAnswers = 0;
  proxy.cut();
  await expect(change).rejects.toMatchObject({ outcome: 'unknown' });
  expect((await other.service.getKeyData()).general).toMatchObject({ value: true, message: 'mine' });
  await until(async () => (await app.service.getKeyData()).general?.message === 'mine');
});

describe('maintain() begins, and ends, although the connection breaks', () => {
  it.each(['lock:general', 'one of a kind'])('while "%s" is on its way', async (words) => {
    proxy.holdBack(words);
    const work = app.service.maintain('general', () => Promise.resolve(app.isOn()), {
      message: 'one of a kind',
    });
    await until(() => proxy.holdsBack);
    proxy.cut();
    expect(await work).toBe(true);
    expect(app.isOn()).toBe(false);
  });
});
