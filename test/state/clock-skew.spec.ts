import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import {
  HOUR,
  MaintenanceErrorFilter,
  MaintenanceModule,
  MaintenanceService,
  MINUTE,
} from 'nestjs-maintenance';
import { afterAll, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
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

@UseFilters(MaintenanceErrorFilter)
@Controller('work')
class WorkController {
  constructor(@Inject(MaintenanceService) private readonly service: MaintenanceService) {}

  @Get()
  work() {
    return this.service.whileOpen('general', () => 'done', { otherwise: 'throw' });
  }
}

it.each(adapters)(
  'Retry-After of MaintenanceErrorFilter goes by the clock of Redis, on %s',
  async (_name, createApp) => {
    await using server = await RedisServer.start();
    const redis = {
      redis: server.url,
      socket: false,
      admin: false,
      general: { ignorePaths: ['/work'] },
    } as const;
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot(redis)],
      controllers: [WorkController],
    });
    const service = running.app.get(MaintenanceService);
    for (const ahead of [-1, 1]) {
      await setRedisClock(server, ahead * 3_600);
      await until(() => Math.abs(service.health().clockSkew + ahead * HOUR) < MINUTE, { timeout: 10_000 });
      await service.setMaintenance(true, 'general', { timeout: 10 * MINUTE });
      const { status, headers } = await request(running.port, '/work');
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(500);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(600);
      await service.unsetMaintenance();
    }
  },
);
