import { HOUR } from 'nestjs-maintenance';
import { afterAll, expect, it } from 'vitest';
import { startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';

afterAll(skewRedisClock());
const soon = (ms: number): Date => new Date(Date.now() + ms);

it('a window begins and ends on every replica while Redis is away', async () => {
  const server = await RedisServer.start();
  await using one = await startService({ redis: server.url });
  await using two = await startService({ redis: server.url });
  const turns: { isOn: boolean; isUp: boolean; at: number }[] = [];
  for (const app of [one, two]) {
    const isUp = () => app.service.health().up;
    app.service.changes.subscribe(({ to }) => turns.push({ isOn: to, isUp: isUp(), at: Date.now() }));
  }
  const { start, end } = await one.service.scheduleWindow('general', { start: soon(5_000), duration: 2_500 });
  await until(() => two.service.getWindows().length === 1);
  await server.stop();
  await until(() => turns.length === 4, { timeout: 15_000, what: 'both to begin and end it' });
  expect(turns.map(({ isOn, isUp }) => [isOn, isUp])).toEqual([
    [true, false],
    [true, false],
    [false, false],
    [false, false],
  ]);
  for (const { isOn, at } of turns) expect(Math.abs(at - (isOn ? start : end).getTime())).toBeLessThan(2_500);
  expect([one.isOn(), two.isOn()]).toEqual([false, false]);
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
      start: new Date(here + 3_500),
      duration: HOUR,
    });
    await until(() => two.service.getWindows().length === 1);
    expect([one.isOn(), two.isOn()]).toEqual([false, false]);
    await until(() => one.isOn() && two.isOn(), { timeout: 10_000 });
    expect(Math.abs(Date.now() + skew * 1_000 - start.getTime())).toBeLessThan(2_500);
  },
  30_000,
);
