import { MaintenanceStoreError } from '../maintenance.errors.js';
import { decode, encode, versionOf } from './codec.js';
import type { StateDocument } from './record.js';
import {
  connect,
  openConnection,
  storeError,
  throughCache,
  type RedisClient,
  type RedisInput,
} from './redis-connection.js';
import { RedisClock } from './redis-clock.js';
import { ACQUIRE, LEAVE, RELEASE, RENEW, REPLICAS, SYNC, WRITE } from './redis-scripts.js';
import { RedisSubscriber } from './redis-subscriber.js';
import {
  bounded,
  messageOf,
  type Grant,
  type Presence,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
} from './store.js';

/** Keeps the document in Redis: compare-and-set, leases with fences, presence and push, in one script each. */
export class RedisStore implements StateStore {
  readonly shared = true;
  readonly clustered = true;
  readonly kind = 'redis';
  private client: RedisClient | undefined;
  private subscriber: RedisSubscriber | undefined;
  private readonly keys: Record<'state' | 'replicas' | 'leases' | 'fences', string>;
  private readonly channel: string;
  private readonly clock = new RedisClock();
  /** What was last told that others may wait for. */
  private acknowledged = '';

  constructor(
    private readonly input: RedisInput,
    namespace: string,
    private readonly options: { commandTimeout: number; replicaLease: number },
  ) {
    // one hash tag, so that all keys live in one slot of a cluster
    const name = (part: string): string => `${namespace}:{${namespace}}:${part}`;
    this.keys = {
      state: name('state'),
      replicas: name('replicas'),
      leases: name('leases'),
      fences: name('fences'),
    };
    this.channel = name('changes');
  }

  now(): number {
    return this.clock.now();
  }

  async start(listener: StoreListener, deadline: number): Promise<void> {
    const { commandTimeout } = this.options;
    const client = await throughCache(await openConnection(this.input, commandTimeout, 'state'));
    this.client = client;
    let started = false;
    // without a listener ioredis prints every failed reconnect itself
    client.on('error', () => undefined);
    client.on('ready', () => (started ? listener.reconnected() : undefined));
    this.subscriber = new RedisSubscriber(
      () => openConnection(this.input, commandTimeout, 'changes'),
      this.channel,
      (message) => (message === 'a' ? listener.woken() : listener.pushed()),
      commandTimeout,
    );
    const subscribed = this.subscriber.start();
    try {
      await Promise.all([connect(client, deadline), bounded('subscribe', subscribed, deadline)]);
    } finally {
      started = true;
    }
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const asked = performance.now();
    const wakes = presence !== null && acknowledgement(presence) !== this.acknowledged;
    const reply = (await this.run('sync', SYNC, ['state', 'replicas', 'leases'], deadline, [
      known ?? '?',
      presence?.id ?? '',
      presence ? JSON.stringify(presence) : '',
      this.options.replicaLease,
      this.channel,
      wakes ? '1' : '0',
      this.redisDeadline(deadline),
    ])) as [number, string, string | null, number, string[]];
    const [now, version, text, present, leases] = reply;
    this.clock.hear(now, asked);
    this.subscriber?.check();
    const common = { version, present: present === 1, leases: aliveLeases(leases, now) };
    if (present === 1 && presence) {
      this.acknowledged = acknowledgement(presence);
    }
    if (version === '' || version === known) {
      return { ...common, document: version === known ? undefined : null };
    }
    try {
      if (text === null) {
        throw new Error(
          version.startsWith('!')
            ? `its Redis type is ${version.slice(1)}`
            : `it is ${version.slice(1)} bytes long`,
        );
      }
      return { ...common, document: decode(text) };
    } catch (error) {
      return { ...common, document: undefined, unreadable: messageOf(error) };
    }
  }

  async write(document: StateDocument, expected: Version, deadline: number): Promise<Version | 'conflict'> {
    await this.learnClock(deadline);
    const text = encode(document);
    const asked = performance.now();
    const [outcome, now] = (await this.run('write', WRITE, ['state'], deadline, [
      expected,
      text,
      this.channel,
      this.redisDeadline(deadline),
    ])) as [string, number];
    this.clock.hear(now, asked);
    if (outcome === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; nothing was written.', 'refused');
    }
    return outcome === 'written' ? versionOf(text) : 'conflict';
  }

  async acquire(
    names: readonly string[],
    key: string,
    token: string,
    lease: number,
    deadline: number,
  ): Promise<Grant | null> {
    await this.learnClock(deadline);
    const [outcome, fence] = (await this.run('lock', ACQUIRE, ['leases', 'fences'], deadline, [
      token,
      lease,
      this.redisDeadline(deadline),
      key,
      ...names,
    ])) as [string, number];
    if (outcome === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; no lock was taken.', 'refused');
    }
    return outcome === 'taken' ? { fence: Number(fence) } : null;
  }

  async renew(names: readonly string[], token: string, lease: number, deadline: number): Promise<boolean> {
    const reply = await this.run('renew', RENEW, ['leases'], deadline, [
      token,
      lease,
      this.redisDeadline(deadline),
      ...names,
    ]);
    if (reply === -1) {
      throw new MaintenanceStoreError('Redis was too slow; no lease was renewed.', 'refused');
    }
    return reply === 1;
  }

  async release(names: readonly string[], token: string, deadline: number): Promise<void> {
    await this.run('unlock', RELEASE, ['leases'], deadline, [token, this.channel, ...names]);
  }

  async replicas(deadline: number): Promise<SeenReplica[]> {
    const [, entries] = (await this.run('replicas', REPLICAS, ['replicas'], deadline, [])) as [
      number,
      string[],
    ];
    return entries.flatMap((entry) => {
      const [, lastSeen, presence] = /^\d+\|(\d+)\|(.*)$/s.exec(entry) ?? [];
      return presence === undefined
        ? []
        : [{ ...(JSON.parse(presence) as Presence), lastSeen: Number(lastSeen) }];
    });
  }

  async leave(id: string, deadline: number): Promise<void> {
    await this.run('leave', LEAVE, ['replicas'], deadline, [id, this.channel]);
  }

  stop(): Promise<void> {
    this.subscriber?.stop();
    this.client?.disconnect();
    return Promise.resolve();
  }

  /** Redis' clock must be known before a deadline on it can be set. */
  private async learnClock(deadline: number): Promise<void> {
    if (!this.clock.heard) {
      await this.sync(null, null, deadline);
    }
  }

  /**
   * The moment on Redis' clock after which a script must do nothing, somewhat before the caller gives up. What is known
   * of that clock is never ahead of it.
   */
  private redisDeadline(deadline: number): number {
    const left = deadline - performance.now();
    return Math.floor(this.now() + left - Math.min(100, left / 5));
  }

  /** A connection that is half open would stay silent for many minutes. */
  private replaceConnection(): void {
    if (this.client?.status === 'ready') {
      this.client.disconnect(true);
    }
  }

  private async run(
    what: string,
    script: string,
    keys: (keyof RedisStore['keys'])[],
    deadline: number,
    args: (string | number)[],
  ): Promise<unknown> {
    const { client } = this;
    if (!client || deadline <= performance.now()) {
      throw new MaintenanceStoreError(
        `Redis was not asked in time (${what}); nothing was written.`,
        'refused',
      );
    }
    const asked = performance.now();
    const answer = client.eval(script, keys.length, ...keys.map((key) => this.keys[key]), ...args);
    try {
      return await bounded(
        what,
        answer.catch((error: unknown) => {
          throw storeError(what, error);
        }),
        deadline,
      );
    } catch (error) {
      const failure = storeError(what, error);
      const waited = performance.now() - asked;
      if (failure.outcome === 'unknown' && waited > this.options.commandTimeout / 2) {
        this.replaceConnection();
      }
      throw failure;
    }
  }
}

const acknowledgement = (presence: Presence): string =>
  `${presence.history}:${presence.revision}:${JSON.stringify(presence.draining)}`;

function aliveLeases(flat: readonly string[], now: number): ReadonlySet<string> {
  const alive = new Set<string>();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const end = Number(flat[i + 1]?.split('|').pop());
    if (end > now) {
      alive.add(flat[i] as string);
    }
  }
  return alive;
}
