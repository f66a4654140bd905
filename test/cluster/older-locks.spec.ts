import { expect, it } from 'vitest';
import { startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const KEY = 'import-export';
const entry = (name: string): string => `maintenance:{maintenance}:${name}`;

/**
 * How the store may lose the locks of the last moments, and nothing else.
 * @returns makes a server with older data take the place of the first; returns it
 */
type Loss = (server: RedisServer, spare: RedisServer) => Promise<() => Promise<RedisServer>>;

const losses: [how: string, keepData: Loss][] = [
  [
    'is started again with older data',
    async (server) => {
      await server.client().save();
      return async () => {
        await server.kill();
        await server.restart();
        return server;
      };
    },
  ],
  [
    'is replaced by a server that lacks the last writes',
    async (server, spare) => {
      const admin = spare.client();
      await admin.replicaof(server.host, server.port);
      await until(async () => (await admin.info('replication')).includes('master_link_status:up'), {
        timeout: 15_000,
      });
      await admin.replicaof('NO', 'ONE');
      return async () => {
        await server.kill();
        return spare;
      };
    },
  ],
];

it.each(losses)(
  'a lock is not granted again when Redis %s',
  async (_, keepData) => {
    await using server = await RedisServer.start({ config: ['dbfilename dump.rdb'] });
    await using spare = await RedisServer.start();
    await using way = await TcpProxy.start(server);
    await using otherWay = await TcpProxy.start(server);
    await using app = await startService({ redis: way.url });
    await using other = await startService({ redis: otherWay.url });
    await app.service.maintain(KEY, () => undefined, { drain: false });
    const loseLocks = await keepData(server, spare);

    const maintenance = await app.service.maintain(KEY, { drain: false });
    const begun: boolean[] = [];
    const work = other.service.maintain(KEY, () => begun.push(maintenance.signal.aborted), {
      blocking: 60_000,
      drain: false,
    });
    await until(async () => (await server.client().hlen(entry('waiters'))) > 0);
    // the holder comes back later than the caller that waits
    way.pause();
    const later = await loseLocks();
    [way, otherWay].forEach((proxy) => proxy.retarget(later));
    otherWay.cut();
    const admin = later.client();
    await until(async () => begun.length > 0 || (await admin.hlen(entry('waiters'))) > 0, {
      timeout: 15_000,
    });
    way.resume();
    way.cut();
    const lock = () => admin.hget(entry('leases'), `lock:${KEY}`);
    await until(async () => begun.length > 0 || (await lock()) !== null, { timeout: 15_000 });
    expect(begun, 'while the holder works').toEqual([]);
    expect(maintenance.signal.aborted).toBe(false);
    expect(Number(await admin.hget(entry('fences'), `lock:${KEY}`))).toBe(maintenance.fence);
    await maintenance.leave();
    await work;
    expect(begun).toHaveLength(1);
  },
  90_000,
);

it.each(losses)(
  'a lock is taken again from an earlier holder that has left when Redis %s',
  async (_, keepData) => {
    await using server = await RedisServer.start({ config: ['dbfilename dump.rdb'] });
    await using spare = await RedisServer.start();
    await using way = await TcpProxy.start(server);
    await using app = await startService({ redis: way.url });
    await using other = await startService({ redis: way.url });
    const earlier = await other.service.maintain(KEY, { drain: false });
    const loseLocks = await keepData(server, spare);
    await earlier.leave();
    const maintenance = await app.service.maintain(KEY, { drain: false });
    const later = await loseLocks();
    way.retarget(later);
    way.cut();
    const admin = later.client();
    const renewed = async () =>
      Number(await admin.hget(entry('fences'), `lock:${KEY}`)) === maintenance.fence;
    await until(async () => maintenance.signal.aborted || (await renewed()), { timeout: 15_000 });
    expect(maintenance.signal.reason).toBeUndefined();
    await maintenance.leave();
    await until(() => !app.isOn(KEY) && !other.isOn(KEY), { timeout: 15_000 });
  },
  90_000,
);
