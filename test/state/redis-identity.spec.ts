import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisIdentity } from '../../lib/core/store/redis/redis-identity.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService, type Running } from './service.js';

const SECRET = 'one secret for every environment!';
const IDENTITY = 'maintenance:{maintenance}:identity';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const start = (redis: string | false): Promise<Running> =>
  startService({ redis, bypass: { secret: SECRET } });
/** A good token's link is followed. */
const accepts = async ({ port }: Running, token: string): Promise<boolean> =>
  (await request(port, `/?maintenance-bypass=${token}`)).status === 303;

describe('bypass tokens and the store they were made for', () => {
  it('are valid on every replica, even a later one, and nowhere else', async () => {
    await using one = await start(server.url);
    await using same = await start(server.url);
    await using staging = await start(`${server.url}/1`);
    const token = one.service.createBypassToken();
    await using late = await start(server.url);
    expect(await Promise.all([one, same, late, staging].map((running) => accepts(running, token)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    // what has no store of that kind knows its namespace only
    await using memory = await start(false);
    expect(await accepts(memory, token)).toBe(true);
    expect(await accepts(one, memory.service.createBypassToken())).toBe(false);
  });

  it('survive a loss of data as long as one replica knows the id, even if a newcomer has created another', async () => {
    await using own = await RedisServer.start();
    await using one = await start(own.url);
    const token = one.service.createBypassToken();
    const client = own.client();
    const before = await client.get(IDENTITY);
    await client.flushall();
    await until(() => client.exists(IDENTITY));
    expect(await client.get(IDENTITY)).toBe(before);

    // a newcomer in the moment after the next loss: its id is younger
    await client.set(IDENTITY, `${Date.now() + 1}-${'n'.repeat(22)}`);
    await using late = await start(own.url);
    expect(await accepts(late, token)).toBe(false);
    await client.del('maintenance:{maintenance}:replicas');
    await until(async () => (await client.get(IDENTITY)) === before, { timeout: 10_000 });
    await until(() => accepts(late, token), {
      timeout: 10_000,
      what: 'the newcomer to hear of the older id',
    });
    expect(await accepts(one, token)).toBe(true);
  });

  it('are checked by namespace in a process that has never read the state, until it has', async () => {
    await using own = await RedisServer.start();
    await using one = await start(own.url);
    const token = one.service.createBypassToken();
    await own.kill();
    await using blind = await start(own.url);
    expect(await accepts(blind, token)).toBe(true);
    const made = blind.service.createBypassToken();
    expect(await accepts(blind, made)).toBe(true);
    await own.restart({ empty: true });
    await until(() => blind.service.health().up && one.service.health().up, { timeout: 15_000 });
    await until(async () => (await accepts(one, token)) && !(await accepts(blind, made)), {
      timeout: 10_000,
    });
    expect(await accepts(one, made)).toBe(false);
  });

  it('replace a foreign value under the name of the id', async () => {
    await using own = await RedisServer.start();
    const client = own.client();
    for (const set of [
      () => client.lpush(IDENTITY, 'x'),
      () => client.set(IDENTITY, 'not an id'),
      () => client.set(IDENTITY, ''),
    ]) {
      await client.del(IDENTITY);
      await set();
      await using one = await start(own.url);
      expect(await client.get(IDENTITY)).toMatch(/^\d{13}-[\w-]{22}$/);
      expect(await accepts(one, one.service.createBypassToken())).toBe(true);
    }
  });

  it('cost nothing if there are none', async () => {
    await using own = await RedisServer.start();
    await using plain = await startService({ redis: own.url });
    await plain.service.setMaintenance(true);
    expect(await own.client().exists(IDENTITY)).toBe(0);
  });
});

it('the id is asked for again if somebody has put an older one back while an answer was on its way', async () => {
  const answers: ((id: string) => void)[] = [];
  const run = () => new Promise<string>((resolve) => answers.push(resolve));
  const identity = new RedisIdentity({ channel: 'changes', run } as never);
  const asked = identity.learn(0);
  identity.doubt();
  answers.shift()?.('younger');
  await asked;
  expect([identity.id, identity.isDue]).toEqual(['younger', true]);
  const again = identity.learn(0);
  answers.shift()?.('older');
  await again;
  expect([identity.id, identity.isDue]).toEqual(['older', false]);
});
