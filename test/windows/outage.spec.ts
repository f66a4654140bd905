import { HOUR } from 'nestjs-maintenance';
import { expect, it } from 'vitest';
import { startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';

skewRedisClock();
const soon = (ms: number): Date => new Date(Date.now() + ms);

it('a window begins and ends on every replica while Redis is away', async () => {
  const server = await RedisServer.start();
  await using one = await startService({ redis: server.url });
  await using two = await startService({ redis: server.url });
  const { start, end } = await one.service.scheduleWindow('general', { start: soon(2_000), duration: 1_500 });
  await until(() => two.service.getWindows().length === 1);
  await server.stop();
  await until(() => one.isOn() && two.isOn());
  expect(one.service.health().up).toBe(false);
  expect(Math.abs(Date.now() - start.getTime())).toBeLessThan(600);
  await until(() => !one.isOn() && !two.isOn());
  expect(Math.abs(Date.now() - end.getTime())).toBeLessThan(600);
  for (const app of [one, two]) {
    expect(app.changes.map(({ cause, to }) => [cause, to])).toEqual([
      ['window', true],
      ['window', false],
    ]);
  }
}, 30_000);

it.each([-3_600, 3_600])(
  'a window is on by the clock of Redis, which is off by %s seconds',
  async (skew) => {
    await using server = await RedisServer.start();
    await setRedisClock(server, skew);
    await using one = await startService({ redis: server.url });
    await using two = await startService({ redis: server.url });
    const here = Date.now() + skew * 1_000;
    const { start } = await one.service.scheduleWindow('general', {
      start: new Date(here + 1_500),
      duration: HOUR,
    });
    await until(() => two.service.getWindows().length === 1);
    expect([one.isOn(), two.isOn()]).toEqual([false, false]);
    await until(() => one.isOn() && two.isOn());
    expect(Math.abs(Date.now() + skew * 1_000 - start.getTime())).toBeLessThan(600);
  },
  30_000,
);
