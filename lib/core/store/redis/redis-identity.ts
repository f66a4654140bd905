import { randomId } from '../../document/codec.js';
import type { RedisCommands } from './redis-commands.js';

/** Milliseconds after which it is requested again in any case. */
const LOOK_AGAIN = 30_000;

/** The random id of this store, kept in it. Replicas put it back if Redis has lost it. */
export class RedisIdentity {
  /** `undefined` until the store has answered. */
  id: string | undefined;
  private asked = -Infinity;
  private doubts = 0;

  constructor(private readonly commands: RedisCommands) {}

  get isDue(): boolean {
    return this.id === undefined || performance.now() - this.asked > LOOK_AGAIN;
  }

  /** Somebody has put an older one back. */
  doubt(): void {
    this.doubts++;
    this.asked = -Infinity;
  }

  /** Reads it, and puts it back if the store has lost it. Never rejects: without it everything else still works. */
  async learn(deadline: number): Promise<void> {
    const { doubts } = this;
    try {
      const args = [this.id ?? '', randomId(), this.commands.channel];
      const id = await this.commands.run('identity', 'IDENTITY', ['identity'], deadline, args);
      if (typeof id === 'string') {
        this.id = id;
        // the answer may be older than what was heard meanwhile
        this.asked = this.doubts === doubts ? performance.now() : -Infinity;
      }
    } catch {
      // requested again with the next exchange
    }
  }
}
