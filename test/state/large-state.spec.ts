import { describe, expect, it } from 'vitest';
import { MaintenanceKey } from 'nestjs-maintenance';
import { MAX_BYTES } from '../../lib/core/document/codec.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { change, notice, shown, writing } from './documents.js';
import { startService } from './service.js';
import { redisOptions } from './stores.js';
import { quiet, soon } from './use-stores.js';

const NAMESPACE = 'maintenance';
const LONG = 250_000;

/** Puts as many keys into maintenance, with as many bytes each. */
async function fill(server: RedisServer, names: readonly string[], length = LONG) {
  const store = new RedisStore(server.url, NAMESPACE, redisOptions);
  await store.start(quiet, soon());
  let version = '';
  for (const name of names) {
    const switched = notice({ since: Date.now(), message: 'x'.repeat(length) });
    ({ version } = await store.write([writing(name, { switch: switched })], version, soon()));
  }
  return { store, version };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `key-${i}`);

describe('a state of many megabytes', () => {
  it('is read by a process that is far from Redis, and put back by it', async () => {
    await using server = await RedisServer.start();
    const closed = names(60);
    const { store } = await fill(server, closed);
    await store.stop();
    await using proxy = await TcpProxy.start(server);
    proxy.latency = 50;
    const keys = closed.map((name) => new MaintenanceKey(name));
    await using replica = await startService({ redis: proxy.url, keys });
    await until(() => replica.isOn(closed.at(-1)), { timeout: 8_000, what: 'the state to be read' });
    expect(closed.filter((name) => !replica.isOn(name))).toEqual([]);
    await until(() => replica.service.health().up, { what: 'contact' });
    const admin = server.client();
    await admin.flushall();
    await until(async () => (await admin.hlen(`maintenance:{maintenance}:records`)) === closed.length + 1, {
      timeout: 8_000,
      what: 'all records to be back',
    });
  }, 40_000);

  it('does not keep a key from opening when there is no room left, and nothing else grows', async () => {
    await using server = await RedisServer.start();
    const closed = names(Math.floor(MAX_BYTES / LONG));
    const { store, version } = await fill(server, closed, LONG - 300);
    try {
      const rest = MAX_BYTES - Number((await server.client().hget(store.entry, ':head'))?.split(' ')[4]);
      const full = await store.write(
        [writing('last', { switch: notice({ message: 'x'.repeat(rest - 400) }) })],
        version,
        soon(),
      );
      expect(full.outcomes).not.toContain('full');
      const long = { cause: 'set', reason: 'x'.repeat(10_000) } as const;
      const { outcomes } = await store.write(
        [
          writing('more', { switch: notice(), change: change({ ...long, to: true }) }),
          writing('open', { change: change({ ...long, to: false }) }),
        ],
        full.version,
        soon(),
      );
      expect(outcomes.map((outcome) => typeof outcome)).toEqual(['string', 'object']);
    } finally {
      await store.stop();
    }
  }, 60_000);

  it('has a history that is read from far away, however many pages that takes', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using replica = await startService({ redis: proxy.url });
    const { service } = replica;
    await service.setMaintenance(true, 'import-export', { reason: 'long ago' });
    const others = server.client().pipeline();
    for (let i = 0; i < 1_500; i++) {
      others.xadd(`${NAMESPACE}:{${NAMESPACE}}:history`, '*', 'entry', '{}', 'revision', i, 'at', i);
    }
    await others.exec();
    proxy.latency = 80;
    const found = await service.getHistory({ key: 'import-export' });
    expect(found.map(({ reason }) => reason)).toEqual(['long ago']);
  }, 20_000);

  it('is not taken for whole if Redis begins anew while it is read', async () => {
    await using server = await RedisServer.start();
    const { store } = await fill(server, names(20));
    await using proxy = await TcpProxy.start(server);
    const reader = new RedisStore(proxy.url, NAMESPACE, redisOptions);
    try {
      await reader.start(quiet, soon());
      proxy.latency = 50;
      const failure = reader.sync(null, null, soon()).then(
        () => 'none',
        (error: Error) => error.message,
      );
      await new Promise((resolve) => setTimeout(resolve, 180));
      await server.client().flushall();
      await store.write([writing('new', { switch: notice({ message: 'after' }) })], '', soon());
      expect(await failure).toContain('lost the state while it was being read');
      expect(Object.keys(shown(await reader.sync(null, null, soon())))).toEqual(['new']);
    } finally {
      await Promise.all([store.stop(), reader.stop()]);
    }
  }, 20_000);
});
