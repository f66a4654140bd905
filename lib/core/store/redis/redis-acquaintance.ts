import { MaintenanceStoreError } from '../../errors/errors.js';
import type { RedisClient } from './redis-client.js';

/**
 * Whether Redis has checked which server it is since this client connected to it. A connection ends with the server's process, so
 * there is no need to ask again while it is open; a client with many connections, as to a cluster, always asks.
 */
export class RedisAcquaintance {
  private made = false;
  /** Something has answered over this connection as only Redis does. */
  private proven = false;
  private connections = 0;

  constructor(private readonly client: RedisClient) {
    client.on('close', () => this.forget());
    client.on('ready', () => this.forget());
  }

  /** Whether Redis need not check again. */
  get isMade(): boolean {
    return this.made;
  }

  /** What is known of the server, as scripts expect it: with a question mark in front if they must check again. */
  ask(known: string): string {
    return `${this.made ? '' : '?'}${known}`;
  }

  /**
   * Called before a question; the result is called after the answer. An answer over a connection that has closed since says
   * nothing about the next one.
   */
  asking(): () => void {
    const { connections } = this;
    return () => {
      this.made = connections === this.connections && this.client.isCluster !== true;
    };
  }

  /**
   * Makes a call. The first one over a connection is sent together with a question for the clock, since anything may listen at the
   * address; what does not know the time is not believed anything.
   * @param askClock `undefined` if that is what the call does
   */
  async verified(
    askClock: (() => Promise<unknown>) | undefined,
    call: () => Promise<unknown>,
  ): Promise<unknown> {
    if (this.proven) {
      return call();
    }
    const { connections } = this;
    // a server that refuses to tell the time has its own words for it
    const [told, answer] = await Promise.all([askClock?.().catch(() => undefined), call()]);
    const time = askClock ? told : answer;
    if (time !== undefined && !Number.isSafeInteger(time)) {
      throw new MaintenanceStoreError(
        'Redis cannot be reached: what answers at this address is not Redis, or does not run scripts; the outcome is unknown.',
      );
    }
    this.proven = time !== undefined && connections === this.connections;
    return answer;
  }

  /** The connection is no longer used. */
  forget(): void {
    this.made = false;
    this.proven = false;
    this.connections++;
  }
}
