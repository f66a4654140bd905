import { setTimeout as delay } from 'node:timers/promises';
import type { MaintenanceChange } from '../../../lib/index.js';
import { Child } from '../../support/child.js';
import { request } from '../../support/http.js';
import { RedisServer } from '../../support/redis.js';
import { until } from '../../support/until.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { median, quantile } from '../statistics.js';

/** Milliseconds without a sign of life after which a replica is silent. */
const LEASE = 3_000;
/** Milliseconds that a request lasts which is waited for. */
const LASTING = 60;

type Replica = Child<{ port: number }>;

interface Written {
  begun: number;
  took: number;
  change: MaintenanceChange & { acknowledged?: string[]; missing?: string[] };
}

/** How quickly replicas agree, in round trips of a GET to the same Redis. */
export async function cluster(report: Report, { rounds }: Effort): Promise<void> {
  await using redis = await RedisServer.start();
  const start = (): Promise<Replica> =>
    Child.start(new URL('../apps/replica.js', import.meta.url), { args: [redis.url], timeout: 60_000 });
  const [writer, ...others] = await Promise.all([start(), start(), start(), start(), start()]);
  const all = [writer, ...others] as Replica[];
  try {
    await until(async () => (await writer?.send('replicas')) === 5, {
      timeout: 10_000,
      what: 'five replicas',
    });
    await learning(report, writer as Replica, others[0] as Replica, rounds * 4);
    const acknowledgement = await acknowledging(report, writer as Replica, rounds * 4);
    await draining(report, writer as Replica, others, rounds, acknowledgement);
    await stopping(report, writer as Replica, others.pop() as Replica);
    await killing(report, writer as Replica, others.pop() as Replica);
  } finally {
    await Promise.all(all.map((child) => child.kill()));
  }
}

const row = (what: string, beside: string, most?: number) => ({
  section: 'cluster',
  what,
  beside,
  limit: most === undefined ? undefined : { most },
});

/** In medians of something else measured at the same time. */
const inUnits = (times: readonly number[], units: readonly number[]): number[] => {
  const unit = median(units);
  return times.map((time) => time / unit);
};

const ROUND_TRIP = 'a GET round trip';
const LEASE_TIME = 'a lease of 3 s';

async function learning(report: Report, writer: Replica, reader: Replica, rounds: number): Promise<void> {
  const times: number[] = [];
  const trips: number[] = [];
  for (let i = 0; i < rounds; i++) {
    trips.push(await writer.send<number>('roundTrip'));
    const mode = i % 2 === 0;
    const { begun, change } = await writer.send<Written>('set', mode);
    const at = await until(() => reader.send<number>('learned', change.revision));
    const { status } = await request(reader.facts.port, '/');
    if (status !== (mode ? 503 : 200)) {
      throw new Error(`the other process answered ${status}`);
    }
    times.push(at - begun);
  }
  report.values(row('GET round trip', 'milliseconds'), trips);
  report.values(
    row('from the write to the refusal by another process', ROUND_TRIP, 10),
    inUnits(times, trips),
  );
}

/** @returns milliseconds, the median */
async function acknowledging(report: Report, writer: Replica, rounds: number): Promise<number> {
  const trips: number[] = [];
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    trips.push(await writer.send<number>('roundTrip'));
    const { took, change } = await writer.send<Written>('set', i % 2 === 0, 5_000);
    if (change.acknowledged?.length !== 5 || change.missing?.length !== 0) {
      throw new Error(`acknowledged by ${String(change.acknowledged)}, missing ${String(change.missing)}`);
    }
    times.push(took);
  }
  report.values(row('from the write to acknowledged by 4 others', ROUND_TRIP, 40), inUnits(times, trips));
  report.add({
    ...row('the same, 99 of 100', 'milliseconds'),
    median: quantile(times, 0.99),
    spread: undefined,
  });
  await writer.send('set', false, 5_000);
  return median(times);
}

async function draining(
  report: Report,
  writer: Replica,
  others: Replica[],
  rounds: number,
  acknowledgement: number,
): Promise<void> {
  const beyond: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const answers = others.map(({ facts }) => request(facts.port, `/?ms=${LASTING}`));
    await Promise.all(
      others.map((other) => until(() => other.send('running'), { interval: 1, what: 'the request to run' })),
    );
    const { begun, worked } = await writer.send<{ begun: number; worked: number }>('maintain');
    const ends = await Promise.all(others.map((other) => other.send<number>('lastEnd')));
    await Promise.all(answers);
    // a request that was over before the write was not waited for
    beyond.push((worked - Math.max(begun, ...ends)) / acknowledgement);
    await writer.send('set', false, 5_000);
  }
  report.values(row('from the end of the last request to drained', 'an acknowledgement', 2), beyond);
}

/** Silent is not gone: whoever drains waits for one that is stopped, and not much longer. */
async function stopping(report: Report, writer: Replica, stopped: Replica): Promise<void> {
  stopped.signal('SIGSTOP');
  const drained = writer.send<{ worked: number }>('maintain');
  await delay(1.5 * LEASE);
  stopped.signal('SIGCONT');
  const woken = Number(process.hrtime.bigint()) / 1e6;
  const { worked } = await drained;
  if (worked < woken) {
    throw new Error('work has begun although a replica was stopped');
  }
  report.add({
    ...row('from the end of a SIGSTOP to drained', LEASE_TIME, 0.5),
    median: (worked - woken) / LEASE,
    spread: undefined,
  });
}

/** One that is gone is known by its connection, which is closed with its process: a lease later nobody waits for it. */
async function killing(report: Report, writer: Replica, killed: Replica): Promise<void> {
  killed.signal('SIGKILL');
  const { took, change } = await writer.send<Written>('set', true, 3 * LEASE);
  if (change.missing?.length !== 0) {
    throw new Error(`still missing after ${took} ms: ${change.missing?.join(', ')}`);
  }
  report.add({
    ...row('from a SIGKILL to acknowledged by the others', LEASE_TIME, 1.5),
    median: took / LEASE,
    spread: undefined,
  });
  await writer.send('set', false);
}
