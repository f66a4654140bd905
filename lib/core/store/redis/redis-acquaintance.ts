import type { RedisClient } from './redis-client.js';

/**
 * Whether Redis has checked which server it is since this client connected to it. A connection ends with the server's process, so
 * there is no need to ask again while it is open; a client with many connections, as to a cluster, always asks.
 */
export class RedisAcquaintance {
  private made = false;
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

  /** The connection is no longer used. */
  forget(): void {
    this.made = false;
    this.connections++;
  }
}
