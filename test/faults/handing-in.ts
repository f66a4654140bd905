import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaBroker } from '../support/kafka-broker.js';
import { until } from '../support/until.js';
import { Random } from './random.js';
import type { Doing } from './workers.js';
import type { World } from './world.js';

/** Milliseconds in which something of what is left at the end is handled: the locks of jobs whose workers have died have to end first. */
const REST = 10_000;

/** Waits until all is handled, or nothing is any more; what never is, is for the rules to say. @param count of what is left */
export async function untilHandled(count: () => Promise<number>): Promise<void> {
  for (let left = Infinity; left > 0;) left = await less(left, count);
}

/** Waits until less than that is left, and gives how much; none where nothing more is handled. */
async function less(before: number, count: () => Promise<number>): Promise<number> {
  let left = before;
  const isLess = async (): Promise<boolean> => (left = await count()) < before;
  return (await until(isLess, { timeout: REST, interval: 100 }).catch(() => false)) ? left : 0;
}

/** Sends all replicas a message that expects an answer. */
export const ask = (client: Redis, data: Doing): Promise<number> =>
  client.publish('asked', JSON.stringify({ pattern: 'asked', id: data.call, data }));

const topicOf = (replica: string): string => `events-${replica}`;

/** Where the events of so many replicas come from, each of its own topic, with how many of them there are. */
export class EventSource {
  readonly #sent = new Map<string, number>();

  private constructor(private readonly broker: KafkaBroker) {}

  static async start(replicas: number): Promise<EventSource> {
    const topics = Array.from({ length: replicas }, (_, i) => [topicOf(`r${i + 1}`), 1]);
    return new EventSource(await KafkaBroker.start(Object.fromEntries(topics) as Record<string, number>));
  }

  get address(): string {
    return `127.0.0.1:${this.broker.port}`;
  }

  send(replica: string, event: unknown): void {
    const topic = topicOf(replica);
    this.broker.send(topic, 0, event);
    this.#sent.set(topic, (this.#sent.get(topic) ?? 0) + 1);
  }

  /** How many are not handled yet. */
  get left(): number {
    return [...this.#sent].reduce((sum, [topic, sent]) => sum + sent - this.broker.committed(topic, 0), 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.broker.stop();
  }
}

/** Somebody who hands in jobs and events all the time, whatever is done to the world. */
export class HandingIn {
  readonly #queue: Queue;
  readonly #client: Redis;
  readonly #random: Random;

  constructor(
    private readonly world: World,
    private readonly source: EventSource,
    seed: number,
  ) {
    this.#random = new Random(seed);
    const { host, port } = world.redis;
    const connection = { host, port, maxRetriesPerRequest: 1, enableOfflineQueue: false };
    this.#queue = new Queue('faults', { connection });
    this.#queue.on('error', () => undefined);
    this.#client = world.redis.client({ maxRetriesPerRequest: 1 });
  }

  async run(stop: AbortSignal): Promise<void> {
    const jobs = this.#repeat(stop, (i) => this.#addJobs(i));
    const published = this.#repeat(stop, (i) => this.#publish(`passing-${i}`));
    const asked = this.#repeat(stop, (i) =>
      ask(this.#client, { call: `asked-${i}`, ms: 30, late: (i % 8) * 150 }),
    );
    for (let i = 1; !stop.aborted; i++) {
      for (const { name } of this.world.replicas) {
        const call = `event-${i}-${name}`;
        this.world.journal.note({ e: 'handed', call });
        this.source.send(name, { call, ms: i % 6 ? 5 : 400 });
      }
      await delay(250);
    }
    await Promise.all([jobs, published, asked]);
  }

  async finish(): Promise<void> {
    await untilHandled(() => this.#left());
    await this.#queue.close().catch(() => undefined);
    this.#client.disconnect();
  }

  async #left(): Promise<number> {
    const jobs = await this.#queue.getJobCountByTypes('wait', 'prioritized', 'active', 'delayed');
    return jobs + this.source.left;
  }

  async #repeat(stop: AbortSignal, act: (i: number) => Promise<unknown>): Promise<void> {
    for (let i = 1; !stop.aborted; i++) {
      // Redis may be away, or take no writes: then nothing was handed in for certain
      await act(i).catch(() => undefined);
      await delay(110);
    }
  }

  async #addJobs(i: number): Promise<void> {
    const random = this.#random;
    const jobs = Array.from({ length: 3 }, (_, n) => ({
      name: 'job',
      // some last longer than a drain takes that forgets them; few, so that workers often take another
      data: { call: `job-${i}-${n}`, ms: i % 16 === n ? 1_600 : n * 40 },
      opts: {
        // what is sent twice, since an answer was lost, is one job
        jobId: `job-${i}-${n}`,
        attempts: 3,
        ...random.pick([{}, {}, { delay: 300 }, { priority: 2 }]),
      },
    }));
    await this.#queue.addBulk(jobs);
    jobs.forEach(({ data: { call }, opts }) =>
      this.world.journal.note({ e: 'handed', call, inRedis: true, delayed: 'delay' in opts }),
    );
  }

  async #publish(call: string): Promise<void> {
    const heard = await this.#client.publish(
      'passing',
      JSON.stringify({ pattern: 'passing', data: { call, ms: 30 } }),
    );
    this.world.journal.note({ e: 'published', call, heard });
  }
}
