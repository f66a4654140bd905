import { expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

const SAID = 'The connection on which this process listens for changes cannot be opened';

it('a listening connection that cannot be opened again is logged once, with the reason, each time', async () => {
  await using server = await RedisServer.start();
  const admin = server.client();
  await using app = await startService({ redis: server.url });
  await using other = await startService({ redis: server.url });
  // what is connected stays; nothing new gets in, as behind a firewall, or with a certificate that has ended
  const shut = async () => {
    await admin.config('SET', 'maxclients', '1');
    await admin.client('KILL', 'TYPE', 'pubsub');
  };
  const heartbeats = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const seen = async () => (await app.service.replicas()).map(({ lastSeen }) => lastSeen.getTime());
      const before = Math.max(...(await seen()));
      await until(async () => Math.min(...(await seen())) > before, { timeout: 10_000, interval: 100 });
    }
  };
  // Nest has one logger for the whole process: that of the application made last
  for (const times of [1, 2]) {
    await shut();
    await until(() => other.logged(SAID) === 2 * times, { timeout: 15_000, what: 'the warning' });
    await heartbeats(2);
    expect(other.logged(SAID)).toBe(2 * times);
    expect(other.log.findLast((line) => line.includes(SAID))).toMatch(
      /\((?:it closes the connection at once|.*max number of clients reached)\): changes of other replicas are found/,
    );
    // everything else works
    for (const { service } of [app, other]) expect(service.health()).toMatchObject({ up: true, error: null });
    await app.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
    expect(other.isOn()).toBe(true);
    await app.service.setMaintenance(false);

    await admin.config('SET', 'maxclients', '100');
    const channel = 'maintenance:{maintenance}:changes:0:';
    await until(async () => ((await admin.pubsub('NUMSUB', channel)) as unknown[])[1] === 2, {
      timeout: 15_000,
      interval: 100,
      what: 'both to listen',
    });
  }
}, 90_000);

it('is not said while Redis itself is away', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  await server.kill();
  await until(() => app.service.health().lease === 0, { timeout: 15_000, what: 'the end of the lease' });
  await server.restart();
  await until(() => app.service.health().up, { timeout: 15_000, what: 'contact' });
  await app.service.setMaintenance(true, 'general', { acknowledge: 10_000 });
  expect(app.logged(SAID)).toBe(0);
});
