import { leaseOfHold } from '../leases.js';
import type { ProgressStore } from '../progress-store.js';
import type { RedisCommands } from './redis-commands.js';

/** How far the work of holds is, kept in Redis beside their leases. */
export class RedisProgress implements ProgressStore {
  constructor(private readonly commands: RedisCommands) {}

  async report(hold: string, text: string, deadline: number): Promise<boolean> {
    const args = (term: string) => [term, leaseOfHold(hold), hold, text];
    const { commands } = this;
    const keys = ['leases', 'progress'] as const;
    return (
      (await commands.runInTime('progress', 'PROGRESS', keys, deadline, args, 'no progress was noted')) === 1
    );
  }

  async read(deadline: number): Promise<ReadonlyMap<string, string>> {
    const keys = ['leases', 'progress'] as const;
    const flat = (await this.commands.run('read progress', 'PROGRESS', keys, deadline, [])) as string[];
    const found = new Map<string, string>();
    for (let i = 0; i + 1 < flat.length; i += 2) {
      found.set(flat[i] as string, flat[i + 1] as string);
    }
    return found;
  }
}
