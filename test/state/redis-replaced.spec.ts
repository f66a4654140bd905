import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { readState } from '../support/redis-state.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

describe('a primary that is demoted behind a name', () => {
  it('is replaced by the one that accepts writes, for both connections', async () => {
    await using old = await RedisServer.start();
    await using fresh = await RedisServer.start();
    await using proxy = await TcpProxy.start(old);
    await using app = await startService({ redis: proxy.url });
    await app.service.setMaintenance(true, 'general', { message: 'kept' });
    await fresh.client().replicaof(old.host, old.port);
    await until(async () => (await fresh.client().info('replication')).includes('master_link_status:up'), {
      timeout: 15_000,
    });
    await fresh.client().replicaof('NO', 'ONE');
    proxy.retarget(fresh);
    await old.client().replicaof(fresh.host, fresh.port);
    await until(
      async () => String(await fresh.client().client('LIST')).includes('nestjs-maintenance:state'),
      {
        timeout: 15_000,
        what: 'the new primary to be found without a write',
      },
    );
    await until(
      async () => String(await fresh.client().client('LIST')).includes('nestjs-maintenance:changes'),
      { timeout: 15_000 },
    );
    await until(() => app.service.health().up, { timeout: 10_000 });
    expect(app.isOn()).toBe(true);
    await app.service.setMaintenance(false);
    expect((await readState(fresh.client())).keys.get('general')?.change.to).toBe(false);
  });
});

/** What a server answers that another one has replaced, without being demoted, or before it is in touch with that. */
const leftBehind: [code: string, config: string[], leave: (old: RedisServer) => Promise<unknown>][] = [
  [
    'MASTERDOWN',
    ['replica-serve-stale-data no'],
    // it cannot reach its new primary
    (old) => old.client().replicaof('127.0.0.1', 1),
  ],
  ['NOREPLICAS', [], (old) => old.client().config('SET', 'min-replicas-to-write', '1')],
  [
    'MISCONF',
    ['save 3600 1', 'dbfilename dump.rdb'],
    async (old) => {
      // a disk that takes nothing: it cannot write to what is a folder
      await mkdir(join(old.folder, 'dump.rdb'));
      const admin = old.client();
      await until(
        async () => {
          await admin.bgsave().catch(() => undefined);
          return (await admin.info('persistence')).includes('rdb_last_bgsave_status:err');
        },
        { timeout: 15_000, interval: 100 },
      );
    },
  ],
];

describe('a server that another one has replaced', () => {
  it.each(leftBehind)('is given up although it only says %s', async (_, config, leave) => {
    await using old = await RedisServer.start({ config });
    await using fresh = await RedisServer.start();
    await using proxy = await TcpProxy.start(old);
    await using app = await startService({ redis: proxy.url });
    expect(app.service.health().up).toBe(true);
    proxy.retarget(fresh);
    await leave(old);
    const clients = async () => String(await fresh.client().client('LIST'));
    await until(async () => (await clients()).includes('nestjs-maintenance:state'), {
      timeout: 15_000,
      what: 'the server at that name to be found',
    });
    await until(() => app.service.health().up, {
      timeout: 15_000,
      what: 'the server at that name to be found',
    });
    await app.service.setMaintenance(true);
    expect((await readState(fresh.client())).keys.get('general')?.change.to).toBe(true);
    await until(async () => (await clients()).includes('nestjs-maintenance:changes'), { timeout: 15_000 });
  });

  it('is given up where a sentinel names another one', async () => {
    await using group = await RedisSentinel.start();
    await using app = await startService({ redis: group.options });
    expect(app.service.health().up).toBe(true);
    // cut off from its replicas and from the sentinel, which promotes one of them; the application still reaches it
    const sentinel = group.sentinel.client();
    await sentinel.call('SENTINEL', 'REMOVE', group.name);
    await group.master.client().config('SET', 'min-replicas-to-write', '1');
    await group.replica.client().replicaof('NO', 'ONE');
    await sentinel.call('SENTINEL', 'MONITOR', group.name, group.replica.host, group.replica.port, '1');
    const clients = async () => String(await group.replica.client().client('LIST'));
    await until(async () => (await clients()).includes('nestjs-maintenance:state'), {
      timeout: 15_000,
      what: 'the other server to be found',
    });
    await until(() => app.service.health().up, { timeout: 15_000 });
    await app.service.setMaintenance(true);
    expect((await readState(group.replica.client())).keys.get('general')?.change.to).toBe(true);
  });
});
