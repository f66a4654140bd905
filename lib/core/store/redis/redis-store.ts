import type { HistoryNote } from '../../history/entry-record.js';
import { HISTORY_KEEP } from '../../history/history-settings.js';
import { RedisCatalogue } from './redis-catalogue.js';
import { RedisCommands } from './redis-commands.js';
import { openConnection, openState, type RedisInput } from './open-redis.js';
import type { RedisClient } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import { RedisExchange } from './redis-exchange.js';
import { hearing } from './redis-hearing.js';
import { RedisHistory } from './redis-history.js';
import { RedisIdentity } from './redis-identity.js';
import { RedisLeases } from './redis-leases.js';
import { RedisLooks } from './redis-looks.js';
import { RedisOnce } from './redis-once.js';
import { RedisProgress } from './redis-progress.js';
import { RedisRecords } from './redis-records.js';
import { RedisShardChannel } from './redis-shard-channel.js';
import type { RedisStoreOptions } from './redis-store-options.js';
import { RedisSubscriber } from './redis-subscriber.js';
import {
  type Presence,
  type RecordWrite,
  type SeenAt,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
  type Written,
} from '../store.js';
import { bounded } from '../bounded.js';

/** Keeps the records in Redis: compare-and-set, leases with fences, presence and push, each in one script. */
export class RedisStore implements StateStore {
  readonly shared = true;
  readonly local = false;
  readonly clustered = true;
  readonly kind = 'redis';
  readonly leases: RedisLeases;
  readonly once: RedisOnce;
  readonly catalogue: RedisCatalogue;
  readonly history: RedisHistory;
  readonly progress: RedisProgress;
  private readonly commands: RedisCommands;
  private readonly records: RedisRecords;
  private readonly exchange: RedisExchange;
  private readonly identity: RedisIdentity;
  private readonly looks: RedisLooks;
  private client: Promise<RedisClient> | undefined;
  private subscriber: RedisSubscriber | undefined;
  /** Only in a cluster, where scripts do not see the subscribers of other nodes. */
  private shard: RedisShardChannel | undefined;

  constructor(
    private readonly input: RedisInput,
    namespace: string,
    private readonly options: RedisStoreOptions,
  ) {
    this.commands = new RedisCommands(namespace, options.commandTimeout);
    this.identity = new RedisIdentity(this.commands);
    this.exchange = new RedisExchange(this.commands, options.replicaLease);
    this.looks = new RedisLooks(this.commands, options.replicaLease, (entries) => this.exchange.saw(entries));
    this.once = new RedisOnce(this.commands, options.replicaLease);
    this.catalogue = new RedisCatalogue(this.commands);
    this.progress = new RedisProgress(this.commands);
    this.history = new RedisHistory(this.commands, options.historyKeep ?? HISTORY_KEEP);
    this.records = new RedisRecords(this.commands, this.history);
    this.leases = new RedisLeases(this.commands, { replica: options.replicaLease, lock: options.lockLease });
  }

  get id(): string | undefined {
    return this.identity.id;
  }

  get entry(): string {
    return this.commands.fullName('records');
  }

  now(): number {
    return this.commands.clock.now();
  }

  latest(): number {
    return this.commands.clock.latest();
  }

  load(): Promise<RedisClient> {
    return (this.client ??= openState(this.input, this.options));
  }

  async start(listener: StoreListener, deadline: number): Promise<void> {
    const { commandTimeout, replicaLease } = this.options;
    const client = await this.load();
    const connection = new RedisConnection(client, () => this.subscriber?.replace());
    this.commands.use(connection);
    let started = false;
    client.on('ready', () => (started ? listener.reconnected() : undefined));
    const { channel, ownChannel } = this.commands;
    this.shard = client.isCluster ? new RedisShardChannel(client, ownChannel, commandTimeout) : undefined;
    this.subscriber = new RedisSubscriber(
      () => openConnection(this.input, commandTimeout, 'changes'),
      this.shard ? [channel] : [channel, ownChannel],
      {
        received: hearing(listener, this.exchange.pushes, this.identity),
        warn: (message) => listener.warn(message),
      },
      { silence: replicaLease, timeout: commandTimeout },
    );
    const subscribed = this.subscriber.start();
    // before the caller gives up, which would not know why
    const soon = deadline - commandTimeout / 10;
    try {
      await Promise.all([connection.open(soon), bounded('subscribe', subscribed, deadline)]);
    } finally {
      started = true;
    }
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    this.subscriber?.check();
    this.shard?.check();
    const { exchange, identity, options, leases } = this;
    const patience = deadline - performance.now();
    const [result] = await Promise.all([
      exchange.sync(known, presence, deadline),
      options.identified && identity.isDue ? identity.learn(deadline) : undefined,
    ]);
    this.subscriber?.answered();
    // it may have had much to read
    const later = performance.now() + patience;
    if (options.identified && result.relisted) {
      await identity.learn(later);
    }
    if (result.present && (result.relisted || leases.remembersNothing)) {
      await leases.recall(later);
    }
    return result;
  }

  acknowledge(version: Version, presence: Presence, deadline: number): Promise<boolean> {
    return this.exchange.acknowledge(version, presence, deadline);
  }

  knowsOthers(id: string): boolean {
    return this.exchange.knowsOthers(id);
  }

  write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes: readonly HistoryNote[] = [],
  ): Promise<Written> {
    return this.records.write(writes, known, deadline, notes);
  }

  doubt(): void {
    const message = this.exchange.pushes.doubt();
    if (message !== undefined) {
      this.commands.publish(message);
    }
  }

  async replicas(deadline: number): Promise<SeenReplica[]> {
    return (await this.looks.all(deadline)).replicas;
  }

  replicasAt(version: Version | undefined, deadline: number): Promise<SeenAt | undefined> {
    return version === undefined ? this.looks.all(deadline) : this.looks.at(version, deadline);
  }

  async leave(id: string, deadline: number): Promise<void> {
    this.exchange.left();
    await this.looks.strike(id, false, deadline);
  }

  forget(id: string, deadline: number): Promise<'gone' | 'absent' | 'alive'> {
    return this.looks.strike(id, true, deadline);
  }

  detach(): void {
    [this.commands, this.subscriber, this.shard].forEach((part) => part?.detach());
  }

  stop(): Promise<void> {
    this.subscriber?.stop();
    this.shard?.stop();
    this.commands.close();
    return Promise.resolve();
  }
}
