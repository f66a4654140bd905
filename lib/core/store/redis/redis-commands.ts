import { MaintenanceStoreError } from '../../errors/errors.js';
import { randomId } from '../../document/codec.js';
import { callScript, defineScripts, type ScriptName } from './client-scripts.js';
import { RedisClock } from './redis-clock.js';
import { detachClient } from './detach-client.js';
import type { RedisConnection } from './redis-connection.js';
import { keyName, redisKeys, type RedisKey } from './redis-keys.js';
import { nameMisfit } from './redis-misfits.js';
import { bounded } from '../bounded.js';

type Arguments = readonly (string | number)[];

/** Runs scripts on one connection: each settles in time, and none that was given up on takes effect later. */
export class RedisCommands {
  /** Redis' clock, as its answers show it. */
  readonly clock = new RedisClock();
  private connection: RedisConnection | undefined;
  private readonly keys: Readonly<Record<RedisKey, string>>;
  private readonly ownName = `replica:${randomId()}`;

  constructor(
    private readonly namespace: string,
    private readonly commandTimeout: number,
  ) {
    this.keys = redisKeys(namespace);
  }

  /** The channel on which changes are published. Channels know neither databases nor key prefixes, so its name contains both. */
  get channel(): string {
    return `${keyName(this.namespace, 'changes')}:${this.connection?.settings.db ?? 0}:${this.prefix}`;
  }

  /**
   * Only this process listens to it, for as long as it has its connection. In a cluster it has to be where the keys are, even if
   * their prefix decides that.
   */
  get ownChannel(): string {
    const { prefix } = this;
    const moves = this.connection?.client.isCluster === true && prefix.includes('{');
    return `${moves ? prefix : ''}${keyName(this.namespace, this.ownName)}`;
  }

  private get prefix(): string {
    const { keyPrefix, redisOptions } = this.connection?.settings ?? {};
    return keyPrefix ?? redisOptions?.keyPrefix ?? '';
  }

  /** With the client's prefix. */
  fullName(key: RedisKey): string {
    return this.prefix + this.keys[key];
  }

  /** The server last met, in the form that scripts expect; `''` before the first sync, which sets it. */
  since = '';

  /** The same, or the beginning of it, as an argument. */
  server(known = this.since): string {
    return this.connection?.acquaintance.ask(known) ?? '?';
  }

  /** Whether the server is still the one last met, as far as the connection shows. */
  get isAcquainted(): boolean {
    return this.connection?.acquaintance.isMade === true;
  }

  use(connection: RedisConnection): void {
    this.connection = connection;
    defineScripts(connection.client);
  }

  close(): void {
    this.connection?.close();
  }

  /** As {@link detachClient}. */
  detach(): void {
    if (this.connection) {
      detachClient(this.connection.client);
    }
  }

  /** Before a deadline can be set on Redis' clock, Redis must have answered once. */
  async learnClock(deadline: number): Promise<void> {
    if (!this.clock.heard) {
      const asked = performance.now();
      const now = (await this.run('clock', 'NOW', ['records'], deadline, [])) as number;
      this.clock.hear(now, asked);
    }
  }

  /**
   * The moment on Redis' clock after which a script must do nothing, shortly before the caller gives up, and how many tenths of
   * a second away it is at most. What is known of that clock is never ahead of it.
   */
  term(deadline: number): string {
    const left = Math.max(0, deadline - performance.now());
    return `${Math.floor(this.clock.now() + left - Math.min(100, left / 5))}|${Math.ceil(left / 100)}`;
  }

  /**
   * Runs a script that does nothing after its term. If Redis' clock was set since the last answer, the script says so and is
   * called again by the new clock.
   * @param why the consequence of being too late, in words
   * @throws MaintenanceStoreError
   */
  async runInTime(
    what: string,
    script: ScriptName,
    keys: readonly RedisKey[],
    deadline: number,
    args: (term: string) => Arguments,
    why: string,
  ): Promise<unknown> {
    await this.learnClock(deadline);
    const begun = performance.now();
    for (;;) {
      const asked = performance.now();
      const answer = await this.run(what, script, keys, deadline, () => args(this.term(deadline)));
      if (!isLate(answer)) {
        return answer;
      }
      this.clock.hear(answer[1], asked);
      if (!this.isEarly(begun, deadline)) {
        throw new MaintenanceStoreError(`Redis was too slow; ${why}.`, 'refused');
      }
    }
  }

  /** Whether there is time left to ask again. */
  isEarly(begun: number, deadline: number): boolean {
    return performance.now() < (begun + deadline) / 2;
  }

  /**
   * @param args a function is called again if the call has to be made on another connection, which may lead to another server
   * @throws MaintenanceStoreError by the deadline, on the monotonic clock
   */
  async run(
    what: string,
    script: ScriptName,
    keys: readonly RedisKey[],
    deadline: number,
    args: Arguments | (() => Arguments),
  ): Promise<unknown> {
    const { connection } = this;
    if (!connection) {
      throw new MaintenanceStoreError(`There is no connection to Redis yet (${what}).`, 'refused');
    }
    await connection.require(what, deadline);
    const { client, acquaintance } = connection;
    const names = keys.map((key) => this.keys[key]);
    const askClock =
      script === 'NOW'
        ? undefined
        : (): Promise<unknown> => callScript(client, 'NOW', [this.keys.records], []);
    const call = (): Promise<unknown> =>
      callScript(client, script, names, typeof args === 'function' ? args() : args);
    const send = (): Promise<unknown> => acquaintance.verified(askClock, call);
    const asked = performance.now();
    try {
      return await bounded(what, connection.send(what, deadline, send), deadline);
    } catch (problem) {
      const error = await nameMisfit(problem, client, { keys, names, prefix: this.prefix }, deadline);
      const failure = connection.failure(what, error);
      connection.refused(error);
      const waited = performance.now() - asked;
      // missing an answer by far means that this process was asleep, and says nothing about the connection
      if (
        failure.outcome === 'unknown' &&
        waited > this.commandTimeout / 2 &&
        waited < this.commandTimeout * 2
      ) {
        connection.replace();
      }
      throw failure;
    }
  }

  /** Sends others a reason to look; if it is lost, so be it. */
  publish(message: string): void {
    this.connection?.client.publish(this.channel, message).catch(() => undefined);
  }

  /** As {@link RedisAcquaintance.asking}. */
  askingServer(): () => void {
    return this.connection?.acquaintance.asking() ?? (() => undefined);
  }

  /** Redis' answer to a presence: why it rejected it, or `null` if it accepted it. */
  judged(refused: string | null): void {
    if (refused === null) {
      this.connection?.accepted();
    } else {
      this.connection?.refused(refused);
    }
  }
}

/** The result of a script that came too late: it contains Redis' clock. */
const isLate = (answer: unknown): answer is ['late', number] => Array.isArray(answer) && answer[0] === 'late';
