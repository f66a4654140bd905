import { MaintenanceStoreError } from '../../errors/errors.js';
import { randomId } from '../../document/codec.js';
import { RedisClock } from './redis-clock.js';
import type { RedisClient, RedisCommand } from './redis-client.js';
import { storeError } from './redis-connection.js';
import * as scripts from './redis-scripts.generated.js';
import { bounded } from '../store.js';

/** Milliseconds that a call waits for a connection that has just broken; one that is away for longer is not waited for. */
const RECONNECT_TIMEOUT = 500;

type KeyName = 'state' | 'identity' | 'secret' | 'replicas' | 'leases' | 'fences' | 'waiters';

/** One hash tag, so that all entries live in one slot of a cluster. */
const entryName = (namespace: string, part: string): string => `${namespace}:{${namespace}}:${part}`;

/** What counts of an ioredis client's options; those of a cluster may stand below `redisOptions`. */
interface RedisSettings {
  readonly db?: number;
  readonly keyPrefix?: string;
  readonly redisOptions?: { readonly keyPrefix?: string };
}

/** Names a script of scripts/. */
type ScriptName = keyof typeof scripts;

/** What a script is called on the client: one of its own commands, sent by EVALSHA once the server has it. */
const commandOf = (script: string): string => `maintenance:${script.toLowerCase()}`;

/** Runs scripts on one connection: each settles in time, and none that was given up on takes effect later. */
export class RedisCommands {
  /** Redis' clock, as its answers tell it. */
  readonly clock = new RedisClock();
  private client: RedisClient | undefined;
  private live = false;
  private brokenAt = -Infinity;
  private readonly keys: Readonly<Record<KeyName, string>>;
  /** Only this process listens to it, as long as it has its connection. */
  readonly ownChannel: string;

  constructor(
    private readonly namespace: string,
    private readonly commandTimeout: number,
  ) {
    const name = (part: string): string => entryName(namespace, part);
    this.ownChannel = name(`replica:${randomId()}`);
    this.keys = {
      state: name('state'),
      identity: name('identity'),
      secret: name('secret'),
      replicas: name('replicas'),
      leases: name('leases'),
      fences: name('fences'),
      waiters: name('waiters'),
    };
  }

  /** Where the library's changes are told. Channels know no database and no prefix of keys, so both are in the name. */
  get channel(): string {
    const { db, keyPrefix, redisOptions } = (this.client?.options ?? {}) as RedisSettings;
    return `${entryName(this.namespace, 'changes')}:${db ?? 0}:${keyPrefix ?? redisOptions?.keyPrefix ?? ''}`;
  }

  /** The key of the document, without the client's prefix. */
  get entry(): string {
    return this.keys.state;
  }

  use(client: RedisClient): void {
    this.client = client;
    for (const [name, lua] of Object.entries(scripts)) {
      client.defineCommand(commandOf(name), { lua });
    }
    client.on('ready', () => (this.live = true));
    client.on('close', () => this.broken());
  }

  close(): void {
    this.client?.disconnect();
  }

  /** Before a deadline can be set on Redis' clock, that clock must have been heard. */
  async learnClock(deadline: number): Promise<void> {
    if (!this.clock.heard) {
      const asked = performance.now();
      const now = (await this.run('clock', 'NOW', ['state'], deadline, [])) as number;
      this.clock.hear(now, asked);
    }
  }

  /**
   * The moment on Redis' clock after which a script must do nothing, somewhat before the caller gives up. What is known
   * of that clock is never ahead of it.
   */
  redisDeadline(deadline: number): number {
    const left = deadline - performance.now();
    return Math.floor(this.clock.now() + left - Math.min(100, left / 5));
  }

  /** @throws MaintenanceStoreError by the deadline, on the monotonic clock */
  async run(
    what: string,
    script: ScriptName,
    keys: readonly KeyName[],
    deadline: number,
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const { client } = this;
    await this.connection(deadline);
    const asked = performance.now();
    if (!client || deadline <= asked) {
      throw new MaintenanceStoreError(
        `Redis could not be reached in time (${what}); the outcome is unknown.`,
      );
    }
    const command = (client as unknown as Record<string, RedisCommand>)[commandOf(script)] as RedisCommand;
    const answer = command.call(client, keys.length, ...keys.map((key) => this.keys[key]), ...args);
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
      // an answer missed by far says that this process was asleep, and nothing about the connection
      if (
        failure.outcome === 'unknown' &&
        waited > this.commandTimeout / 2 &&
        waited < this.commandTimeout * 2
      ) {
        this.replaceConnection(client);
      }
      throw failure;
    }
  }

  /** A connection that has just broken is usually there again in no time. */
  private async connection(deadline: number): Promise<void> {
    const { client } = this;
    const patience = Math.min(this.brokenAt + RECONNECT_TIMEOUT, deadline) - performance.now();
    if (!client || this.live || patience <= 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        client.off('ready', settle);
        resolve();
      };
      const timer = setTimeout(settle, patience);
      client.on('ready', settle);
    });
  }

  /** A connection that is half open would stay silent for many minutes. */
  private replaceConnection(client: RedisClient): void {
    if (this.live) {
      this.broken();
      client.disconnect(true);
    }
  }

  private broken(): void {
    if (this.live) {
      this.live = false;
      this.brokenAt = performance.now();
    }
  }
}
