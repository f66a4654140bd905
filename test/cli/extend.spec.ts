import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { cli } from './cli.js';

const HOUR = 3_600_000;

let server: RedisServer;
let app: RunningApp;
const service = () => app.app.get(MaintenanceService);

beforeAll(async () => {
  server = await RedisServer.start();
  app = await createExpressApp({
    imports: [
      MaintenanceModule.forRoot({
        redis: server.url,
        socket: false,
        permissions: () => true,
        keys: ['payments', '2fa'].map((name) => new MaintenanceKey(name, { scope: 'marked' })),
      }),
    ],
  });
  await until(async () => (await server.client().hlen('maintenance:{maintenance}:catalogue')) === 3);
}, 60_000);
afterEach(async () => {
  for (const { name } of service().getKeys()) await service().unsetMaintenance(name);
});
afterAll(async () => {
  await app?.close();
  await server.stop();
});

const ways = {
  redis: () => ['--redis', server.url],
  api: () => ['--url', `${app.url}/maintenance`],
};

describe.each(['redis', 'api'] as const)('extend by %s', (way) => {
  const call = (...args: string[]) => cli(['extend', ...args, ...ways[way]()]);

  it.each([
    // names that begin like a length
    ['payments', HOUR, ['payments', '1h']],
    ['payments', HOUR, ['payments', '--for', '1h']],
    ['2fa', HOUR, ['2fa', '1h']],
    ['2fa', HOUR, ['2fa', '--for', '1h']],
    // without a key
    ['general', HOUR, ['1h']],
    ['general', 1.5 * HOUR, ['1h', '30m']],
    ['general', HOUR, ['1', 'h']],
    ['general', HOUR, ['PT1H']],
    ['general', HOUR, ['--for', '1h']],
  ])('extends %s by %d ms: %j', async (name, longer, args) => {
    const end = new Date(Date.now() + HOUR);
    await service().setMaintenance(true, name, { until: end });
    expect(await call(...args)).toMatchObject({ code: 0 });
    await service().refresh();
    const { until: extended } = (await service().getKeyData())[name]!;
    expect(Date.parse(String(extended)) - end.getTime()).toBe(longer);
  });

  it.each([
    ['payments', 'until', '2031-03-04T14:30Z'],
    ['until', '2031-03-04T14:30Z'],
    ['payments', '2031-03-04T14:30Z'],
    ['2031-03-04T14:30Z'],
  ])('%s %s %s', async (...args) => {
    const name = args[0] === 'payments' ? 'payments' : 'general';
    await service().setMaintenance(true, name, { timeout: HOUR });
    expect(await call(...args)).toMatchObject({ code: 0 });
    await service().refresh();
    expect((await service().getKeyData())[name]).toMatchObject({ until: '2031-03-04T14:30:00.000Z' });
  });

  it.each([
    ['30', 'no unit; write 30s or 30m'],
    ['30 10m', '"30 10m" is not a duration'],
    ['10m --for 5m', 'more than once'],
  ])('refuses: extend %s', async (args, why) => {
    await service().setMaintenance(true, 'general', { timeout: HOUR });
    expect(await call(...args.split(' '))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(why) as unknown,
    });
  });

  it('makes no end earlier than it is: beside a job, it must be given', async () => {
    const end = new Date(Date.now() + HOUR);
    await service().setMaintenance(true, 'payments', { until: end });
    const job = await service().maintain('payments', { drain: false, timeout: 0 });
    expect(await call('payments', '10m')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('A job also holds key "payments"') as unknown,
    });
    expect(await call('payments', 'until', '2031-03-04T14:30Z')).toMatchObject({ code: 0 });
    await job.leave();
    await service().refresh();
    expect((await service().getKeyData())['payments']).toMatchObject({ until: '2031-03-04T14:30:00.000Z' });
  });

  it('says what to do about a key that only a job keeps on', async () => {
    const job = await service().maintain('payments', { drain: false });
    const hints: string[] = [];
    for (const args of ['10m', 'until 2031-03-04T14:30Z']) {
      const { code, stderr } = await call('payments', ...args.split(' '));
      expect(code).toBe(1);
      expect(stderr).toContain('nothing was changed');
      expect(stderr).not.toContain('"mode"');
      hints.push(...(/\bon payments until 14:30/.exec(stderr) ?? []));
    }
    expect(hints).toHaveLength(2);
    expect(
      await cli(['on', 'payments', 'until', '2031-03-04T14:30Z', '--json', ...ways[way]()]),
    ).toMatchObject({ code: 0 });
    await job.leave();
  });
});
