import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService, type Running } from './service.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const PREFIX = 'shop:';
let count = 0;

interface Foreign extends AsyncDisposable {
  readonly app: Running;
  readonly name: string;
  entry(of: string): string;
}

/** An application, with what is in maintenance, and the full name of one of its entries, which is then given this value. */
async function withForeign(part: string): Promise<Foreign> {
  const namespace = `foreign-${++count}`;
  const entry = (of: string): string => `${PREFIX}${namespace}:{${namespace}}:${of}`;
  const redis = { host: server.host, port: server.port, keyPrefix: PREFIX };
  const app = await startService({ redis, namespace, commandTimeout: 5_000 });
  await app.service.setMaintenance(true, 'general', { message: 'before' });
  const name = entry(part);
  await server.client().multi().del(name).set(name, 'of somebody else').exec();
  return { app, name, entry, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

describe('an entry of Redis that has another type', () => {
  it.each(['leases', 'fences', 'waiters', 'replicas'])(
    'is named, with what helps, by what cannot be done without it: %s',
    async (part) => {
      await using at = await withForeign(part);
      const { app, name } = at;
      await expect(app.service.maintain('import-export', () => 'never')).rejects.toMatchObject({
        name: 'MaintenanceStoreError',
        outcome: 'refused',
        message: `Redis refused (lock): WRONGTYPE "${name}" is not a hash; delete that entry; nothing was written.`,
      });
      await server.client().del(name);
      await until(() => app.service.health().up, { timeout: 10_000 });
      expect(await app.service.maintain('import-export', () => 'done', { drain: false })).toBe('done');
    },
  );

  it('is named by `health()` if it keeps replicas from reporting', async () => {
    await using at = await withForeign('replicas');
    const { app, name } = at;
    await until(() => !app.service.health().up, { timeout: 10_000 });
    expect(app.service.health().error).toContain(`presence: WRONGTYPE "${name}" is not a hash; delete that`);
    await expect(app.service.replicas()).rejects.toThrow(`"${name}"`);
  });

  it('is named by its whole name if the state cannot be read', async () => {
    const namespace = `foreign-${++count}`;
    const name = `${PREFIX}${namespace}:{${namespace}}:records`;
    await server.client().set(name, 'of somebody else');
    const redis = { host: server.host, port: server.port, keyPrefix: PREFIX };
    await using app = await startService({ redis, namespace });
    expect(app.service.health().error).toContain(`Delete the entry "${name}"`);
  });

  it.each(['order', 'writes'])('makes no write fail half-way, but is replaced: %s', async (part) => {
    await using at = await withForeign(part);
    const { app, entry } = at;
    await app.service.setMaintenance(true, 'import-export');
    await app.service.setMaintenance(true, 'general', { message: 'after' });
    const redis = { host: server.host, port: server.port, keyPrefix: PREFIX };
    const namespace = `foreign-${count}`;
    await using late = await startService({ redis, namespace });
    expect([late.isOn(), late.isOn('import-export')]).toEqual([true, true]);
    await until(async () => (await server.client().zcard(entry('order'))) === 2, { timeout: 5_000 });
    for (const { service } of [app, late]) {
      expect((await service.getKeyData())['general']).toMatchObject({ message: 'after' });
      expect(service.health()).toMatchObject({ up: true, error: null });
    }
  });
});
