import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';
import { cli } from './cli.js';

const HOUR = 3_600_000;
let server: RedisServer;
let app: RunningApp;

afterAll(skewRedisClock());
beforeAll(async () => {
  server = await RedisServer.start();
  const options = { redis: server.url, socket: false, permissions: () => true } as const;
  app = await createExpressApp({ imports: [MaintenanceModule.forRoot(options)] });
}, 60_000);
afterAll(async () => {
  await app?.close();
  await server.stop();
});

describe.each([-1, 1])('with a clock of Redis that is %d hours ahead of this machine', (ahead) => {
  it.each(['redis', 'api'])('extend by %s counts from the end, or from now by that clock', async (way) => {
    const to = way === 'redis' ? ['--redis', server.url] : ['--url', `${app.url}/maintenance`];
    const service = app.app.get(MaintenanceService);
    await setRedisClock(server, ahead * 3_600);
    await until(() => Math.abs(service.health().clockSkew + ahead * HOUR) < 60_000, { timeout: 10_000 });
    const now = Date.now() + ahead * HOUR;
    const extended = async (): Promise<number> => {
      expect(await cli(['extend', '10m', ...to])).toMatchObject({ code: 0 });
      await service.refresh();
      return service.isInMaintenance(undefined, 'general').state?.until?.getTime() ?? Infinity;
    };
    const end = new Date(Math.round(now + HOUR / 2));
    await service.setMaintenance(true, 'general', { until: end });
    expect(await extended()).toBe(end.getTime() + HOUR / 6);
    await service.setMaintenance(true, 'general', { timeout: 0 });
    expect(Math.abs((await extended()) - now - HOUR / 6)).toBeLessThan(HOUR / 10);
    await service.unsetMaintenance();
    await setRedisClock(server, 0);
    await until(() => Math.abs(service.health().clockSkew) < 60_000, { timeout: 10_000 });
  });
});
