import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR, MINUTE, type MaintenanceHistoryEntry } from 'nestjs-maintenance';
import { startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'import-export';
const YEAR = 365 * 24 * HOUR;
const RECORDS = 'maintenance:{maintenance}:records';
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

/** As if all that is stored of the key had happened that much earlier. */
async function age(ms: number): Promise<void> {
  const client = server.client();
  const stored = (await client.hget(RECORDS, KEY)) ?? '';
  const earlier = (moment: string): string => String(Number(moment) - ms);
  const aged = stored
    .replace(/^(\d+ \S+ \d+) (\d+)/, (_, mark: string, at: string) => `${mark} ${earlier(at)}`)
    .replace(/"(start|planned|noted)":(\d+)/g, (_, name: string, at: string) => `"${name}":${earlier(at)}`);
  await client.hset(RECORDS, KEY, aged);
}

it('the history and the sink have what a window did last, however long nobody has changed its key', async () => {
  const redis = { redis: server.url };
  {
    await using first = await startService(redis);
    await first.service.scheduleWindow(KEY, {
      start: new Date(Math.floor(Date.now() / HOUR) * HOUR - 48 * HOUR),
      duration: MINUTE / 2,
      repeat: { cron: '*/10 * * * *', timeZone: 'Europe/Berlin' },
    });
  }
  await age(2 * YEAR);
  const told: MaintenanceHistoryEntry[] = [];
  await using app = await startService({ ...redis, history: { sink: (entry) => told.push(entry) } });
  const { service } = app;
  await until(() => told.length >= 400, { timeout: 30_000 });
  const latest = Math.max(...told.map(({ at }) => at.getTime()));
  expect(Date.now() - latest).toBeLessThan(11 * MINUTE);
  const [entry] = await service.getHistory({ key: KEY });
  expect(entry?.at.getTime()).toBeGreaterThanOrEqual(latest);
  // what is stored with the next change is the same
  await service.setMaintenance(true, KEY);
  const stored = (await service.getHistory({ key: KEY, limit: 1_000 })).filter(({ way }) => way === 'window');
  expect(stored[0]?.at.getTime()).toBeGreaterThanOrEqual(latest);
  expect(stored.length).toBeLessThanOrEqual(400);
});
