import { MaintenanceStoreError } from '../../errors/errors.js';
import { decode, encode, versionOf } from '../../document/codec.js';
import type { StateDocument } from '../../document/record.js';
import { parsePresence } from '../presence.js';
import { RedisCommands } from './redis-commands.js';
import { connect, openConnection, throughCache, type RedisInput } from './redis-connection.js';
import { RedisSubscriber } from './redis-subscriber.js';
import {
  bounded,
  messageOf,
  type Grant,
  type News,
  type Presence,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
} from '../store.js';

/** Keeps the document in Redis: compare-and-set, leases with fences, presence and push, in one script each. */
export class RedisStore implements StateStore {
  readonly shared = true;
  readonly clustered = true;
  readonly kind = 'redis';
  private readonly commands: RedisCommands;
  private subscriber: RedisSubscriber | undefined;
  /** What was last told that others may wait for. */
  private acknowledged = '';

  constructor(
    private readonly input: RedisInput,
    namespace: string,
    private readonly options: { commandTimeout: number; replicaLease: number },
  ) {
    this.commands = new RedisCommands(namespace, options.commandTimeout);
  }

  now(): number {
    return this.commands.clock.now();
  }

  async start(listener: StoreListener, deadline: number): Promise<void> {
    const { commandTimeout } = this.options;
    const client = await throughCache(await openConnection(this.input, commandTimeout, 'state'));
    this.commands.use(client);
    let started = false;
    // without a listener ioredis prints every failed reconnect itself
    client.on('error', () => undefined);
    client.on('ready', () => (started ? listener.reconnected() : undefined));
    this.subscriber = new RedisSubscriber(
      () => openConnection(this.input, commandTimeout, 'changes'),
      this.commands.channel,
      (message) => (message === 'a' ? listener.woken() : listener.pushed(newsOf(message))),
      commandTimeout,
    );
    const subscribed = this.subscriber.start();
    // before the caller gives up, who would not know why
    const soon = deadline - commandTimeout / 10;
    try {
      await Promise.all([connect(client, soon), bounded('subscribe', subscribed, deadline)]);
    } finally {
      started = true;
    }
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const asked = performance.now();
    const wakes = presence !== null && acknowledgement(presence) !== this.acknowledged;
    const reply = (await this.commands.run('sync', 'SYNC', ['state', 'replicas', 'leases'], deadline, [
      known ?? '?',
      presence?.id ?? '',
      presence ? `${presence.write}|${JSON.stringify(presence)}` : '',
      this.options.replicaLease,
      this.commands.channel,
      wakes ? '1' : '0',
      this.commands.redisDeadline(deadline),
    ])) as [number, string, string | null, number, string[], number];
    const [now, version, text, present, leases, uptime] = reply;
    this.commands.clock.hear(now, asked);
    this.subscriber?.check();
    const common = {
      version,
      present: present > 0,
      relisted: present === 2 && this.acknowledged !== '',
      // replicas that were there before Redis started trust themselves for a lease, and need not have come back yet
      unsure: uptime < 0 ? 0 : Math.max(0, this.options.replicaLease - uptime * 1_000),
      leases: aliveLeases(leases, now),
    };
    if (present > 0 && presence) {
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
    await this.commands.learnClock(deadline);
    const text = encode(document);
    const asked = performance.now();
    const [outcome, now] = (await this.commands.run('write', 'WRITE', ['state'], deadline, [
      expected,
      text,
      this.commands.channel,
      this.commands.redisDeadline(deadline),
    ])) as [string, number];
    this.commands.clock.hear(now, asked);
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
    await this.commands.learnClock(deadline);
    const [outcome, fence] = (await this.commands.run('lock', 'ACQUIRE', ['leases', 'fences'], deadline, [
      token,
      lease,
      this.commands.redisDeadline(deadline),
      key,
      ...names,
    ])) as [string, number];
    if (outcome === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; no lock was taken.', 'refused');
    }
    return outcome === 'taken' ? { fence: Number(fence) } : null;
  }

  async renew(names: readonly string[], token: string, lease: number, deadline: number): Promise<boolean> {
    const reply = await this.commands.run('renew', 'RENEW', ['leases'], deadline, [
      token,
      lease,
      this.commands.redisDeadline(deadline),
      ...names,
    ]);
    if (reply === -1) {
      throw new MaintenanceStoreError('Redis was too slow; no lease was renewed.', 'refused');
    }
    return reply === 1;
  }

  async release(names: readonly string[], token: string, deadline: number): Promise<void> {
    await this.commands.run('unlock', 'RELEASE', ['leases'], deadline, [
      token,
      this.commands.channel,
      ...names,
    ]);
  }

  async replicas(deadline: number): Promise<SeenReplica[]> {
    const [, entries] = (await this.commands.run('replicas', 'REPLICAS', ['replicas'], deadline, [])) as [
      number,
      string[],
    ];
    return entries.flatMap((entry) => {
      const [, lastSeen, text = ''] = /^\d+\|(\d{1,15})\|[^|]*\|(.*)$/s.exec(entry) ?? [];
      const presence = parsePresence(text);
      return presence ? [{ ...presence, lastSeen: Number(lastSeen) }] : [];
    });
  }

  async leave(id: string, deadline: number): Promise<void> {
    await this.commands.run('leave', 'LEAVE', ['replicas'], deadline, [id, this.commands.channel]);
  }

  stop(): Promise<void> {
    this.subscriber?.stop();
    this.commands.close();
    return Promise.resolve();
  }
}

const acknowledgement = ({ write, draining }: Presence): string => `${write}:${JSON.stringify(draining)}`;

/** What a push brings; one that cannot be read still says that there is something to read. */
function newsOf(message: string | undefined): News | undefined {
  const [, before, text] = /^s(.*)\n([^]+)$/.exec(message ?? '') ?? [];
  if (before === undefined || text === undefined) {
    return undefined;
  }
  try {
    return { document: decode(text), version: versionOf(text), before };
  } catch {
    return undefined;
  }
}

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
