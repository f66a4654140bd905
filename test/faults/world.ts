import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { Agent } from 'undici';
import { Child } from '../support/child.js';
import { encodeBody, randomId, stampBody } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { RedisServer } from '../support/redis.js';
import { readState } from '../support/redis-state.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { readAnnouncement, type Version } from './versions.js';
import {
  Journal,
  KEYS,
  readHistory,
  replicaOf,
  type Applied,
  type FaultKind,
  type Line,
  type Result,
  type Wish,
  type Recorded,
} from './history.js';
import { CommandLine } from './command-lines.js';
import { begin } from './inflict.js';
import type { Work } from './replica.js';

interface Facts {
  port: number;
  id: string;
}

/** Makes the wall clock of one process lie; its monotonic clock stays true. */
const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

/** Where replicas hear of changes: of this namespace, in database 0, without a prefix. */
const CHANNEL = 'maintenance:{maintenance}:changes:0:';
const CHANNELS = '*:changes:*';
const RECORDS = 'maintenance:{maintenance}:records';
const ORDER = 'maintenance:{maintenance}:order';
const WRITES = 'maintenance:{maintenance}:writes';

/** One place in the cluster: its process may die and come again, its wire to Redis is its own. */
export class Replica {
  child: Child<Facts> | undefined;
  #lives = 0;
  #version: Version = 'this';

  constructor(
    readonly name: string,
    readonly proxy: TcpProxy,
    private readonly world: World,
  ) {}

  /** Name of the process that lives here now. */
  get process(): string {
    return `${this.name}.${this.#lives}`;
  }

  /** Has it handlers. */
  get serves(): boolean {
    return !this.world.observers.includes(this.name);
  }

  get port(): number | undefined {
    return this.child?.facts?.port;
  }

  /** @param version of the library; the same as before where nothing is said */
  async start(version = this.#version): Promise<void> {
    const { world } = this;
    this.#version = version;
    const clock = join(world.folder, `${this.name}.clock`);
    await writeFile(clock, '+0\n');
    this.#lives++;
    this.child = await Child.start<Facts>(world.buildOf(version), {
      args: [
        String(this.proxy.port),
        String(world.resourcePort),
        world.journalPath,
        this.process,
        world.onStale,
        (world.keysOf(this.name) ?? KEYS).join(),
        this.serves ? (world.works ? 'works' : 'serves') : 'observes',
        world.events.join(),
      ],
      timeout: 60_000,
      ...(FAKETIME && {
        env: {
          LD_PRELOAD: FAKETIME,
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          FAKETIME_NO_CACHE: '1',
        },
      }),
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    await child?.kill();
    this.world.journal.note({ e: 'killed', who: this.process });
  }

  change(op: string, wish: Wish): Promise<Result> {
    return this.#send('change', op, wish) as never;
  }

  maintain(op: string, wish: Wish, work: Work): Promise<Result> {
    return this.#send('maintain', op, wish, work) as never;
  }

  plan(op: string, wish: Wish): Promise<Result> {
    return this.#send('plan', op, wish) as never;
  }

  /** @param id of the window */
  cancel(op: string, wish: Wish, id: string): Promise<Result> {
    return this.#send('cancel', op, wish, id) as never;
  }

  /** Work that is no request, for so many ms; whether it began. */
  whileOpen(call: string, key: string, ms: number): Promise<boolean> {
    return this.#send('whileOpen', call, key, ms) as never;
  }

  /** Takes events from RabbitMQ, or from a Kafka broker at that host and port. */
  async listen(url: string): Promise<void> {
    await this.#send('listen', url);
  }

  /** Loads the module of a key that it does not know yet. */
  async load(key: string): Promise<void> {
    await this.#send('load', key);
  }

  facts(): Promise<Applied & { health: { up: boolean; lease: number } }> {
    return this.#send('facts') as never;
  }

  /** What the library has kept of what was done. */
  recorded(): Promise<readonly Recorded[]> {
    return this.#send('history') as never;
  }

  /** Its event loop stands still for so many ms: it keeps its connections, and answers nobody. */
  block(ms: number): void {
    this.#send('block', ms).catch(() => undefined);
  }

  /** Closes the application, and leaves the process as it is. */
  async close(): Promise<void> {
    await this.#send('close');
  }

  /** The seconds its wall clock is off. */
  async clock(seconds: number): Promise<void> {
    await writeFile(join(this.world.folder, `${this.name}.clock`), `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }

  async #send(name: string, ...args: unknown[]): Promise<unknown> {
    if (!this.child) throw new Error(`Replica ${this.name} is not running`);
    return this.child.send(name, ...args);
  }
}

export interface WorldOptions {
  readonly build: URL;
  readonly replicas?: number;
  readonly onStale?: 'serve' | 'block';
  /** Keys that replicas know which are of another version. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Replicas without handlers. */
  readonly observers?: readonly string[];
  /** Do they have jobs and events, besides handlers. */
  readonly works?: boolean;
  /** Where those that work get events from, from their start. */
  readonly events?: readonly string[];
  /** Machines that run migrations. */
  readonly commandLines?: number;
  /** Other versions of the library, which replicas may be. */
  readonly versions?: Versions;
  /** What the replicas begin with, in turns. */
  readonly first?: readonly Version[];
}

type Versions = Readonly<Record<Exclude<Version, 'this'>, URL>>;

/** Redis, replicas with a wire each, the thing that maintenance protects, and the journal of all that happens. */
export class World {
  readonly replicas: Replica[] = [];
  readonly commandLines: CommandLine[] = [];
  readonly agent = new Agent({ connections: 32, pipelining: 1 });
  journal!: Journal;
  redis!: RedisServer;
  folder = '';
  resourcePort = 0;
  #resource!: Server;
  #faults = 0;
  /** Documents that were announced, for those who announce them again. */
  readonly #announced: [channel: string, message: string][] = [];

  private constructor(
    readonly build: URL,
    readonly onStale: 'serve' | 'block',
    private readonly keys: Readonly<Record<string, readonly string[]>>,
    readonly observers: readonly string[],
    readonly works: boolean,
    readonly events: readonly string[],
    private readonly versions: Versions | undefined,
  ) {}

  static async start({
    build,
    replicas = 3,
    onStale = 'block',
    keys = {},
    observers = [],
    works = false,
    events = [],
    commandLines = 0,
    versions,
    first = ['this'],
  }: WorldOptions): Promise<World> {
    const world = new World(build, onStale, keys, observers, works, events, versions);
    world.folder = await mkdtemp(join(tmpdir(), 'maintenance-faults-'));
    world.journal = new Journal(world.journalPath, 'driver');
    world.journal.note({ e: 'clock', epoch: Date.now() });
    world.redis = await RedisServer.start({ persist: true, config: ['appendfsync always'] });
    await world.#protect();
    await world.#overhear();
    for (let i = 1; i <= replicas; i++) {
      world.replicas.push(new Replica(`r${i}`, await TcpProxy.start(world.redis), world));
    }
    for (let i = 1; i <= commandLines; i++) {
      world.commandLines.push(new CommandLine(`c${i}`, await TcpProxy.start(world.redis), world));
    }
    await Promise.all(world.replicas.map((replica, i) => replica.start(first[i % first.length])));
    await world.agreement(30_000);
    await until(() => world.#allListen(), { timeout: 30_000, what: 'all replicas to listen to changes' });
    return world;
  }

  /** Those that have handlers. */
  get servers(): readonly Replica[] {
    return this.replicas.filter(({ serves }) => serves);
  }

  get journalPath(): string {
    return join(this.folder, 'journal');
  }

  replica(name: string): Replica {
    const found = this.replicas.find((replica) => replica.name === name);
    if (!found) throw new Error(`No replica ${name}`);
    return found;
  }

  commandLine(name: string): CommandLine {
    const found = this.commandLines.find((place) => place.name === name);
    if (!found) throw new Error(`No command line ${name}`);
    return found;
  }

  /** What a replica of that version runs. */
  buildOf(version: Version): URL {
    return version === 'this' || !this.versions ? this.build : this.versions[version];
  }

  /** Keys that a replica knows; `undefined`: all. */
  keysOf(name: string): readonly string[] | undefined {
    return this.keys[name];
  }

  history(): Line[] {
    return readHistory(this.journalPath);
  }

  /** Does something to the world for a while; the healing is awaited too. */
  async inflict(kind: FaultKind, target: string, lasts: number): Promise<void> {
    const id = ++this.#faults;
    this.journal.note({ e: 'fault', id, kind, target });
    const heal = await begin(this, kind, target, lasts);
    await delay(lasts);
    await heal();
    this.journal.note({ e: 'healed', id });
  }

  /** Says again what was said before: the newest but `age` announcements. */
  async replay(age: number): Promise<void> {
    const again = this.#announced.at(-1 - age);
    const client = this.redis.client({ maxRetriesPerRequest: 1 });
    try {
      if (again) await client.publish(...again);
      await client.publish(again?.[0] ?? CHANNEL, 's{"v":1,"w":"foreign"}');
    } catch {
      // Redis is away: nobody hears it
    } finally {
      client.disconnect();
    }
  }

  /** Somebody else's announcement that nothing is in maintenance, in place of what is stored; nothing is written. */
  async forge(): Promise<void> {
    const client = this.redis.client({ maxRetriesPerRequest: 1 });
    try {
      const { version, revision, history, keys } = await readState(client, RECORDS);
      for (const [key, record] of keys) {
        const { write, change, ...opened } = opening(record, revision + 1);
        const text = stampBody(encodeBody({ ...opened, change, write }), write, change);
        const after = `${history}.${revision + 1}.${write}`;
        await client.publish(CHANNEL, `s${'0'.repeat(40)}${version}\n${after}\n${key}\n${text}`);
      }
    } catch {
      // Redis is away, or has nothing: nobody hears it
    } finally {
      client.disconnect();
    }
  }

  /**
   * Redis has lost everything, and somebody who knows nothing writes first, in a history of its own.
   * @param key given: only the records are lost, and it is that one that is written
   */
  async begin(key?: string): Promise<void> {
    const client = this.redis.client();
    try {
      const { write, text } = await written(client, 1);
      const head = `1 ${randomId()} 1 ${write} ${Buffer.byteLength(text)} 1`;
      const all = client.multi();
      await (key === undefined ? all.flushall() : all.del(RECORDS, ORDER, WRITES))
        .hset(RECORDS, { ':head': head, [key ?? 'newcomer']: text })
        .zadd(ORDER, 1, key ?? 'newcomer')
        .zadd(WRITES, 1, write)
        .exec();
    } finally {
      client.disconnect();
    }
  }

  /** @returns another Redis takes over, which has heard of nothing since, and gives the next number to somebody else's key */
  async failOver(): Promise<() => Promise<void>> {
    const client = this.redis.client();
    const records = await client.hgetall(RECORDS);
    const pairs = async (name: string): Promise<string[]> => {
      const list = await client.zrange(name, 0, -1, 'WITHSCORES');
      return list.flatMap((member, i) => (i % 2 ? [] : [list[i + 1] as string, member]));
    };
    const [order, writes] = [await pairs(ORDER), await pairs(WRITES)];
    return async () => {
      const [, history, last, , bytes, count] = (records[':head'] ?? '').split(' ');
      const revision = Number(last) + 1;
      const { write, text } = await written(client, revision);
      const size = Number(bytes) + text.length - (records['other']?.length ?? 0);
      const many = Number(count) + (records['other'] === undefined ? 1 : 0);
      const head = `1 ${history} ${revision} ${write} ${size} ${many}`;
      await client
        .multi()
        .del(RECORDS, ORDER, WRITES)
        .hset(RECORDS, { ...records, ':head': head, other: text })
        .zadd(ORDER, ...order, revision, 'other')
        .zadd(WRITES, ...writes, revision, write)
        .exec();
      client.disconnect();
    };
  }

  /** The text of a key's record. */
  async stored(key: string): Promise<string> {
    const client = this.redis.client();
    try {
      return (await client.hget(RECORDS, key)) ?? '';
    } finally {
      client.disconnect();
    }
  }

  /** Writes the text of a record, whatever it is, as somebody would who knows how. */
  async write(key: string, text: string): Promise<void> {
    const client = this.redis.client();
    try {
      const [, history, last, , bytes, count] = ((await client.hget(RECORDS, ':head')) ?? '').split(' ');
      const [revision, write] = [Number(last) + 1, randomId()];
      await client
        .multi()
        .hset(RECORDS, { ':head': `1 ${history} ${revision} ${write} ${bytes} ${count}`, [key]: text })
        .zadd(ORDER, revision, key)
        .zadd(WRITES, revision, write)
        .exec();
    } finally {
      client.disconnect();
    }
  }

  /** Waits until the work of a call has begun. */
  async working(op: string): Promise<void> {
    const hasBegun = (): boolean => this.history().some((line) => line.e === 'work' && line.op === op);
    await until(hasBegun, { timeout: 15_000, interval: 50, what: `the work of ${op}` });
  }

  /** Waits until a replica runs a handler of that route. */
  async handling({ name }: Replica, route: string): Promise<void> {
    const isRunning = (): boolean => {
      const lines = this.history();
      const left = new Set(lines.flatMap((line) => (line.e === 'leave' ? [line.call] : [])));
      return lines.some(
        (line) =>
          line.e === 'enter' && line.route === route && replicaOf(line.p) === name && !left.has(line.call),
      );
    };
    await until(isRunning, { timeout: 10_000, what: `a handler of ${route} on ${name}` });
  }

  /** Waits until all replicas say the same, and gives how long it took. */
  async agreement(timeout: number): Promise<number> {
    const begun = performance.now();
    await until(
      async () => {
        const all = await Promise.all(this.replicas.map((replica) => replica.facts()));
        if (!all.every(({ health }) => health.lease > 0)) throw new Error('somebody has no lease yet');
        const views = all.map(({ history, revision, on, health }) =>
          JSON.stringify([history, revision, on, health.up]),
        );
        if (new Set(views).size > 1 || !all.every(({ health }) => health.up))
          throw new Error(views.join(' '));
        return true;
      },
      { timeout, interval: 25, what: 'all replicas to agree' },
    );
    return performance.now() - begun;
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map(({ child }) => child?.kill()));
    this.commandLines.forEach((place) => place.kill());
    await Promise.all([...this.replicas, ...this.commandLines].map(({ proxy }) => proxy.stop()));
    await this.agent.destroy();
    this.#resource.closeAllConnections();
    this.#resource.close();
    await this.redis.stop();
    this.journal.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The thing that maintenance protects takes no write of a holder older than the newest it has heard of. */
  async #protect(): Promise<void> {
    const newest = new Map<string, number>();
    this.#resource = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { op, key, fence } = JSON.parse(body) as { op: string; key: string; fence: number };
      const accepted = fence >= (newest.get(key) ?? 0);
      if (accepted) newest.set(key, fence);
      this.journal.note({ e: 'wrote', op, fence, accepted });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(this.#resource, 'listening');
    this.resourcePort = (this.#resource.address() as AddressInfo).port;
  }

  async #allListen(): Promise<boolean> {
    const client = this.redis.client();
    try {
      const channels = (await client.pubsub('CHANNELS', CHANNELS)) as string[];
      const counts = (await client.pubsub('NUMSUB', ...channels)) as number[];
      return counts[1] === this.replicas.length;
    } finally {
      client.disconnect();
    }
  }

  async #overhear(): Promise<void> {
    const client = this.redis.client();
    client.on('pmessage', (_pattern: string, channel: string, message: string) => {
      if (message.startsWith('s')) this.#announced.push([channel, message]);
      const stored = readAnnouncement(message);
      if (stored) this.journal.note(stored);
    });
    await client.psubscribe(CHANNELS);
  }
}

/** A record that somebody has written who knew of none. */
async function written(
  client: Pick<Redis, 'time'>,
  revision: number,
): Promise<{ write: string; text: string }> {
  const [seconds] = await client.time();
  const change = { cause: 'set', from: false, to: false, hooks: true } as const;
  const stamp = { revision, at: (Number(seconds) + 1) * 1_000 };
  const told = { message: null, reason: null, actor: null };
  const write = randomId();
  const record = {
    switch: null,
    holds: [],
    past: [],
    write,
    change: { ...told, ...change, ...stamp },
  };
  return { write, text: stampBody(encodeBody(record), write, stamp) };
}

/** A record as it would be after somebody has turned its key off. */
const opening = (record: KeyRecord, revision: number): KeyRecord => ({
  ...record,
  switch: null,
  holds: [],
  change: { ...record.change, cause: 'set', from: true, to: false, revision },
});
