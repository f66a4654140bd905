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

/** Larger documents are not sent along with the message that announces them. */
const PUSH_LIMIT = 64 * 1024;

/** Keeps the document in Redis: compare-and-set, leases with fences, presence and push, in one script each. */
export class RedisStore implements StateStore {
  readonly shared = true;
  readonly clustered = true;
  readonly kind = 'redis';
  private client: RedisClient | undefined;
  private subscriber: RedisSubscriber | undefined;
  private listener: StoreListener | undefined;
  private readonly keys: Record<'state' | 'replicas' | 'leases' | 'fences', string>;
  private readonly channel: string;
  /** Redis' clock as last heard: at this monotonic moment it was not yet past this. */
  private heard: { redis: number; at: number } | undefined;

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

  /** Redis' clock, carried on by the monotonic one: neither a jump of this machine's clock nor its skew matters. */
  now(): number {
    return this.heard ? this.heard.redis + (performance.now() - this.heard.at) : Date.now();
  }

  async start(listener: StoreListener, deadline: number): Promise<void> {
    this.listener = listener;
    this.client = await throughCache(await openConnection(this.input, this.options.commandTimeout, 'state'));
    // without a listener ioredis prints every failed reconnect itself
    this.client.on('error', () => undefined);
    this.client.on('ready', () => listener.pushed(undefined));
    this.subscriber = new RedisSubscriber(
      () => openConnection(this.input, this.options.commandTimeout, 'changes'),
      this.channel,
      (message) => this.receive(message),
      this.options.commandTimeout,
    );
    const subscribed = this.subscriber.start();
    await connect(this.client, deadline);
    await bounded('subscribe', subscribed, deadline);
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const wakes = presence !== null && this.acknowledges(presence);
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
    this.hear(now);
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
    const text = encode(document);
    const push = text.length <= PUSH_LIMIT ? `d${text}` : 's';
    const [outcome, now] = (await this.run('write', WRITE, ['state'], deadline, [
      expected,
      text,
      this.channel,
      this.redisDeadline(deadline),
      push,
    ])) as [string, number];
    this.hear(now);
    if (outcome === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; nothing was written.', 'refused');
    }
    return outcome === 'written' ? versionOf(text) : 'conflict';
  }

  async acquire(
    name: string,
    key: string,
    token: string,
    lease: number,
    deadline: number,
  ): Promise<Grant | null> {
    const [outcome, fence] = (await this.run('lock', ACQUIRE, ['leases', 'fences'], deadline, [
      name,
      token,
      lease,
      this.redisDeadline(deadline),
      key,
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

  private acknowledged = '';

  /** Does this presence tell something that others may wait for. */
  private acknowledges(presence: Presence): boolean {
    return acknowledgement(presence) !== this.acknowledged;
  }

  private receive(message: string | undefined): void {
    if (message?.startsWith('d')) {
      try {
        this.listener?.pushed(decode(message.slice(1)));
        return;
      } catch {
        // somebody else's message: what is stored decides
      }
    }
    if (message === 'a') {
      this.listener?.woken();
    } else {
      this.listener?.pushed(undefined);
    }
  }

  private hear(redis: number): void {
    this.heard = { redis: Number(redis), at: performance.now() };
  }

  /**
   * The moment on Redis' clock after which a script must do nothing, somewhat before the caller gives up. The clock was
   * read before its answer arrived, so it is never ahead here. Until it was heard once nothing is written.
   */
  private redisDeadline(deadline: number): number {
    const left = deadline - performance.now();
    return Math.floor(this.now() + left - Math.min(100, left / 5));
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
    try {
      return await bounded(
        what,
        client
          .eval(script, keys.length, ...keys.map((key) => this.keys[key]), ...args)
          .catch((error: unknown) => {
            throw storeError(what, error);
          }),
        deadline,
      );
    } catch (error) {
      throw storeError(what, error);
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
