import { createMaintenance, type MaintenanceStandaloneOptions } from 'nestjs-maintenance/standalone';
import { describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const KEY = 'general';
const silent = { warn: () => undefined, error: () => undefined };

/** A script whose Redis accepts connections and answers nothing. */
async function unanswered(options: Partial<MaintenanceStandaloneOptions> = {}) {
  const server = await RedisServer.start();
  const proxy = await TcpProxy.start({ host: server.host, port: server.port });
  proxy.pause();
  const service = await createMaintenance({
    redis: proxy.url,
    commandTimeout: 300,
    lease: 900,
    logger: silent,
    ...options,
  });
  return {
    server,
    proxy,
    service,
    [Symbol.asyncDispose]: async () => {
      await service.close();
      await proxy[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

describe('whileOpen() of a script that has never reached Redis', () => {
  it.each([
    ['at once', async () => undefined],
    ['after it has asked for something else', async (at) => at.service.getKeyData()],
    [
      'after a change was given up on',
      async (at) => at.service.setMaintenance(true, KEY).catch(() => undefined),
    ],
  ] as [string, (at: Awaited<ReturnType<typeof unanswered>>) => Promise<unknown>][])(
    'follows onUnknown, %s',
    async (_, before) => {
      await using at = await unanswered();
      await before(at);
      expect(await at.service.whileOpen(KEY, () => 'ran')).toBe('ran');
      await using blocks = await unanswered({ onUnknown: 'block' });
      await before(blocks);
      await expect(blocks.service.whileOpen(KEY, () => 'ran')).rejects.toMatchObject({
        name: 'MaintenanceActiveError',
      });
    },
    60_000,
  );

  it('announces it as soon as Redis answers: drains wait for it', async () => {
    await using at = await unanswered();
    await at.service.getKeyData();
    let end: () => void = () => undefined;
    const work = at.service.whileOpen(KEY, () => new Promise<void>((resolve) => (end = resolve)));
    await using other = await createMaintenance({ redis: at.server.url, logger: silent });
    at.proxy.resume();
    await until(async () =>
      (await other.replicas()).some(({ observer, inFlight }) => !observer && inFlight === 1),
    );
    await expect(other.maintain(KEY, () => 'ran', { drain: 500 })).rejects.toMatchObject({
      name: 'MaintenanceDrainError',
    });
    end();
    await work;
    expect(await other.maintain(KEY, () => 'ran', { drain: 5_000 })).toBe('ran');
  }, 60_000);

  it('begins nothing once it has reached Redis as an observer and lost it, whatever onStale says', async () => {
    await using at = await unanswered();
    at.proxy.resume();
    await until(async () =>
      at.service.refresh().then(
        () => at.service.health().up,
        () => false,
      ),
    );
    at.proxy.pause();
    await expect(at.service.whileOpen(KEY, () => 'ran')).rejects.toMatchObject({
      name: 'MaintenanceActiveError',
    });
  }, 60_000);
});
