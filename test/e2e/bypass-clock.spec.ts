import { afterAll, describe, expect, it } from 'vitest';
import { HOUR } from 'nestjs-maintenance';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';

afterAll(skewRedisClock());
const SECRET = 'a long and random secret, 32 long';

describe.each(adapters)('bypass tokens on %s, where the clocks of machines differ', (_name, createApp) => {
  it.each([
    ['behind', 2 * HOUR],
    ['ahead of', -2 * HOUR],
  ])('are valid by the clock of Redis on a machine %s it', async (_how, skew) => {
    await using redis = await RedisServer.start();
    await setRedisClock(redis, skew / 1000);
    await using running = await shop(createApp, { redis: redis.url, bypass: { secret: SECRET } });
    const service = serviceOf(running);
    await service.setMaintenance(true);
    const made = Date.now();
    const token = service.createBypassToken({ expiresIn: HOUR });
    const { exp } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    expect(Math.abs(exp - made - skew - HOUR)).toBeLessThan(5_000);
    const ask = async (): Promise<number> =>
      (await request(running.port, '/shop', { headers: { 'x-maintenance-bypass': token } })).status;
    expect(await ask()).toBe(200);
    // time passes for Redis, and so for every machine
    await setRedisClock(redis, (skew + 2 * HOUR) / 1000);
    await until(async () => (await ask()) === 503, { what: 'the end of the token', timeout: 10_000 });
  });
});
