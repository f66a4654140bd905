import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createMaintenance } from '../../../lib/standalone/index.js';
import { MaintenanceKey } from '../../../lib/core/keys/maintenance-key.js';
import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import { until } from '../../support/until.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { median } from '../statistics.js';

const APP = new URL('../apps/scale-crowd.js', import.meta.url);
const KEYS = 10_000;
/** Replicas of one process, and of how many processes the crowds are. */
const OF_ONE = 50;
const CROWDS = [1, 4];
/** Milliseconds in which nothing happens. */
const IDLE = 10_000;

interface Meter {
  /** Bytes that Redis has received and sent. */
  received: number;
  sent: number;
  /** Milliseconds of Redis' CPU time. */
  cpu: number;
  at: number;
}

/** What Redis has done so far. */
async function meter(client: Redis): Promise<Meter> {
  const info = await client.info('everything');
  const read = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return {
    received: read('total_net_input_bytes'),
    sent: read('total_net_output_bytes'),
    cpu: (read('used_cpu_user') + read('used_cpu_sys')) * 1_000,
    at: performance.now(),
  };
}

type Writer = Awaited<ReturnType<typeof createMaintenance>>;

/** Replicas that know 10,000 records: what they cost while nothing happens, and what a change costs. */
export async function crowd(report: Report, { rounds }: Effort): Promise<void> {
  await using redis = await RedisServer.start();
  const client = redis.client();
  const keys = Array.from({ length: KEYS }, (_, index) => new MaintenanceKey(`key-${index}`));
  await using writer = await createMaintenance({ redis: redis.url, keys, commandTimeout: 10_000 });
  await record(writer, keys);
  const processes: Child[] = [];
  const spent: number[] = [];
  try {
    for (const size of CROWDS) {
      while (processes.length < size) {
        processes.push(await Child.start(APP, { args: [redis.url, String(OF_ONE)], timeout: 300_000 }));
      }
      const replicas = size * OF_ONE;
      await until(async () => (await writer.replicas()).length === replicas + 1, { timeout: 20_000 });
      await informed(processes);
      const most = size === CROWDS.at(-1);
      if (most) await idling(report, client, replicas);
      spent.push(await changing(report, client, writer, keys, { replicas, rounds: rounds * 2, most }));
    }
  } finally {
    await Promise.all(processes.map((child) => child.kill()));
  }
  const [few = NaN, many = NaN] = spent;
  const [first = NaN, last = NaN] = CROWDS;
  report.add({
    section: 'scale',
    what: `Redis' CPU per acknowledged change and replica, ${last * OF_ONE} replicas`,
    beside: `${first * OF_ONE} replicas`,
    median: many / last / (few / first),
    spread: undefined,
    limit: { most: 1.1 },
  });
}

/** Each key was on once: so the store has a record of it. */
async function record(writer: Writer, keys: readonly MaintenanceKey[]): Promise<void> {
  for (let from = 0; from < keys.length; from += 100) {
    for (const mode of [true, false]) {
      await Promise.all(keys.slice(from, from + 100).map((key) => writer.setMaintenance(mode, key)));
    }
  }
}

async function informed(processes: readonly Child[]): Promise<void> {
  for (const child of processes) {
    const known = await child.send<number[]>('known');
    if (known.some((count) => count !== KEYS)) {
      throw new Error(`replicas know ${String(known)} records, not ${KEYS}`);
    }
  }
}

async function idling(report: Report, client: Redis, replicas: number): Promise<void> {
  await delay(3_000);
  const before = await meter(client);
  await delay(IDLE);
  const after = await meter(client);
  const add = (what: string, beside: string, value: number, most?: number): void =>
    report.add({
      section: 'scale',
      what: `an idle replica of ${replicas}, ${KEYS.toLocaleString('en')} keys: ${what}`,
      beside,
      median: value / ((after.at - before.at) / 1_000) / (replicas + 1),
      spread: undefined,
      limit: most === undefined ? undefined : { most },
    });
  add('sent to Redis', 'bytes a second', after.received - before.received, 350);
  add('sent by Redis', 'bytes a second', after.sent - before.sent, 150);
  add("Redis' CPU", 'ms a second', after.cpu - before.cpu);
}

interface Crowd {
  readonly replicas: number;
  readonly rounds: number;
  /** It is the one that limits are about. */
  readonly most: boolean;
}

/** @returns milliseconds of Redis' CPU per acknowledged change, heartbeats meanwhile among them */
async function changing(
  report: Report,
  client: Redis,
  writer: Writer,
  keys: readonly MaintenanceKey[],
  { replicas, rounds, most }: Crowd,
): Promise<number> {
  const took: number[] = [];
  const bytes: number[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = await meter(client);
    const key = keys[Math.floor(i / 2) * 7] as MaintenanceKey;
    const change = await writer.setMaintenance(i % 2 === 0, key, { acknowledge: 10_000 });
    const after = await meter(client);
    if (change.acknowledged?.length !== replicas + 1) {
      throw new Error(`acknowledged by ${change.acknowledged?.length}, missing ${String(change.missing)}`);
    }
    took.push(after.at - before.at);
    bytes.push((after.sent - before.sent) / replicas);
    cpu.push(after.cpu - before.cpu);
  }
  const row = (what: string, beside: string, values: number[], limit?: number): void =>
    report.values(
      {
        section: 'scale',
        what: `a change that ${replicas} replicas acknowledge: ${what}`,
        beside,
        limit: most && limit !== undefined ? { most: limit } : undefined,
      },
      values,
    );
  row('sent by Redis', 'bytes a replica', bytes, 2_000);
  row("Redis' CPU", 'ms', cpu, 60);
  row('until acknowledged', 'ms', took);
  return median(cpu);
}
