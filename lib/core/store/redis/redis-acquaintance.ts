import type { RedisClient } from './redis-client.js';

/**
 * Has Redis looked at which server it is since this client is connected to it. A connection ends with the server's process, so
 * that need not be asked again as long as the connection is open; one that has many, as to a cluster, always asks.
 */
export class RedisAcquaintance {
  private made = false;
  private connections = 0;

  constructor(private readonly client: RedisClient) {
    client.on('close', () => this.forget());
    client.on('ready', () => this.forget());
  }

  /** What was told of the server, to be told again: with a question mark before it where it is to look again. */
  ask(known: string): string {
    return `${this.made ? '' : '?'}${known}`;
  }

  /** To be called before a question, and what it gives after the answer: one by a connection that is closed says nothing of the next. */
  asking(): () => void {
    const { connections } = this;
    return () => {
      this.made = connections === this.connections && this.client.isCluster !== true;
    };
  }

  /** The connection is not used any more. */
  forget(): void {
    this.made = false;
    this.connections++;
  }
}
