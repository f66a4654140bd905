import { afterAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

afterAll(skewRedisClock());
const WARNING = 'The clock of this machine is';

it.each([
  ['ahead of', -12],
  ['behind', 12],
])(
  'a clock %s the clock of Redis is logged once and reported',
  async (how, redis) => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: server.url });
    expect(Math.abs(app.service.health().clockSkew)).toBeLessThan(2_000);
    expect(app.logged(WARNING)).toBe(0);
    for (const round of [1, 2]) {
      await setRedisClock(server, redis);
      await until(() => app.logged(WARNING) === round, { timeout: 10_000 });
      const { clockSkew } = app.service.health();
      expect(Math.abs(clockSkew + redis * 1_000)).toBeLessThan(2_000);
      await app.service.refresh();
      expect(app.logged(WARNING)).toBe(round);
      // a slow answer makes it seem a little more, or less
      const line = new RegExp(`is 1[0-4] s ${how} that of the maintenance store`);
      expect(app.log.filter((text) => line.test(text))).toHaveLength(round);
      // it may be told again once it was right
      await setRedisClock(server, 0);
      await until(() => Math.abs(app.service.health().clockSkew) < 2_000, { timeout: 10_000 });
    }
  },
  60_000,
);

it('there is no clock skew without Redis', async () => {
  await using app = await startService({});
  expect(Math.abs(app.service.health().clockSkew)).toBeLessThan(100);
});
