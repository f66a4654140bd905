import { MaintenanceStoreError } from '../../errors/errors.js';
import { encode, versionOf } from '../../document/codec.js';
import type { StateDocument } from '../../document/record.js';
import { parsePresence } from '../presence.js';
import { RedisCommands } from './redis-commands.js';
import { connect, openConnection, throughCache, type RedisInput } from './redis-connection.js';
import { RedisExchange } from './redis-exchange.js';
import { RedisLeases } from './redis-leases.js';
import { RedisPushes } from './redis-pushes.js';
import { RedisSubscriber } from './redis-subscriber.js';
import {
  bounded,
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
  readonly leases: RedisLeases;
  private readonly commands: RedisCommands;
  private readonly exchange: RedisExchange;
  private subscriber: RedisSubscriber | undefined;

  constructor(
    private readonly input: RedisInput,
    namespace: string,
    private readonly options: { commandTimeout: number; replicaLease: number; lockLease: number },
  ) {
    this.commands = new RedisCommands(namespace, options.commandTimeout);
    this.exchange = new RedisExchange(this.commands, options.replicaLease);
    this.leases = new RedisLeases(this.commands, { replica: options.replicaLease, lock: options.lockLease });
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
      (message) => (message === 'a' ? listener.woken() : listener.pushed(this.exchange.readPush(message))),
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
    this.subscriber?.check();
    const result = await this.exchange.sync(known, presence, deadline);
    if (result.present && (result.relisted || this.leases.remembersNothing)) {
      await this.leases.recall(deadline);
    }
    return result;
  }

  async write(document: StateDocument, expected: Version, deadline: number): Promise<Version | 'conflict'> {
    await this.commands.learnClock(deadline);
    const text = encode(document);
    const asked = performance.now();
    const [outcome, now] = (await this.commands.run('write', 'WRITE', ['state', 'secret'], deadline, [
      expected,
      text,
      this.commands.channel,
      this.commands.redisDeadline(deadline),
      RedisPushes.newSecret(),
    ])) as [string, number];
    this.commands.clock.hear(now, asked);
    if (outcome === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; nothing was written.', 'refused');
    }
    return outcome === 'written' ? versionOf(text) : 'conflict';
  }

  async replicas(deadline: number): Promise<SeenReplica[]> {
    const [, entries] = (await this.commands.run('replicas', 'REPLICAS', ['replicas'], deadline, [])) as [
      number,
      string[],
    ];
    return entries.flatMap((entry) => {
      const [, lastSeen, write = '', facts = '', figures = ''] =
        /^\d+\|(\d{1,15})\|([^|]*)\|(.*)\n(.*)$/.exec(entry) ?? [];
      const presence = parsePresence(write, { facts, figures });
      return presence ? [{ ...presence, lastSeen: Number(lastSeen) }] : [];
    });
  }

  async leave(id: string, deadline: number): Promise<void> {
    this.exchange.left();
    await this.commands.run('leave', 'LEAVE', ['replicas'], deadline, [id, this.commands.channel]);
  }

  stop(): Promise<void> {
    this.subscriber?.stop();
    this.commands.close();
    return Promise.resolve();
  }
}
