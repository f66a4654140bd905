import { RedisServer } from '../../support/redis.js';
import { alternate, startFarm, warmUp } from '../alternate.js';
import type { Variant } from '../apps/http-app.js';
import type { Report } from '../report.js';
import type { Effort } from '../main.js';
import { onOneCore } from '../one-core.js';

const app = (kind: Variant['kind'], more: Partial<Variant> = {}): Variant => ({
  adapter: 'fastify',
  kind,
  ...more,
});

/** What the guard costs a request that it lets pass. */
export async function guard(report: Report, effort: Effort): Promise<void> {
  await using redis = await RedisServer.start();
  await onOneCore(() => cost(report, effort, redis.url));
  await throughput(report, effort, redis.url, [{ connections: 32, least: 1.5 }, { connections: 1 }]);
  // With one connection nothing ever runs at the same time, and what counts is where the scheduler puts each: so Redis gets a
  // core of its own, as it has a machine of its own in earnest, and load and server share another.
  await using apart = await onOneCore(() => RedisServer.start(), 'first');
  const where = ', Redis on a core of its own';
  await onOneCore(() => throughput(report, effort, apart.url, [{ connections: 1, where, least: 2.5 }]));
}

async function cost(report: Report, { rounds, processes }: Effort, redis: string): Promise<void> {
  const farm = await startFarm(
    {
      reference: app('true'),
      same: app('true'),
      bare: app('bare'),
      off: app('module'),
      busy: app('module', { busy: true }),
      redis: app('module', { redis }),
      follows: app('module', { follows: true }),
    },
    // differences of a hundredth
    { processes: processes * 2, connections: 32 },
  );
  try {
    await warmUp(farm, 30_000);
    const measured = await alternate(farm, rounds * 2);
    const beside = 'a guard that returns true';
    const row = (what: string, name: 'bare' | 'off' | 'busy' | 'redis' | 'follows', most?: number): void =>
      report.values(
        { section: 'guard', what, beside, limit: most === undefined ? undefined : { most } },
        measured.cpu(name, 'reference'),
      );
    report.control('guard', 'CPU per request, Fastify', measured.cpu('same', 'reference'));
    row('bare Nest', 'bare');
    row('maintenance off', 'off', 1.02);
    row('five keys, one active elsewhere, 20 paths, 20 CIDRs', 'busy', 1.06);
    row('off, Redis store with lease', 'redis', 1.02);
    row('maintenance off, followCalls', 'follows');
  } finally {
    await farm.stop();
  }
}

/** Of apps that share the state in Redis, one after the other for so many connections. */
async function throughput(
  report: Report,
  { rounds }: Effort,
  redis: string,
  rows: readonly { connections: number; where?: string; least?: number }[],
): Promise<void> {
  const farm = await startFarm(
    {
      module: app('module', { redis }),
      reads: app('read-redis', { redis }),
      same: app('read-redis', { redis }),
      free: app('true'),
    },
    { processes: 2, connections: 32 },
  );
  try {
    for (const { connections, where = '', least } of rows) {
      await warmUp(farm, connections === 1 ? 3_000 : 15_000, { connections });
      const measured = await alternate(farm, rounds, { connections });
      const what = `requests per second, ${connections} connection${connections === 1 ? '' : 's'}${where}`;
      report.control('guard', what, measured.throughput('same', 'reads'));
      const beside = 'a guard that reads five keys from Redis';
      report.values(
        { section: 'guard', what, beside, limit: least === undefined ? undefined : { least } },
        measured.throughput('module', 'reads'),
      );
      // no library can do better
      report.values(
        { section: 'guard', what: `${what}, a guard that returns true`, beside, limit: undefined },
        measured.throughput('free', 'reads'),
      );
    }
  } finally {
    await farm.stop();
  }
}
