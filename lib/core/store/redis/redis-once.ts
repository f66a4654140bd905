import { MaintenanceStoreError } from '../../errors/errors.js';
import { DAY } from '../../keys/durations.js';
import type { ClaimOutcome, OnceStore } from '../once.js';
import type { RedisCommands } from './redis-commands.js';

/** Milliseconds for which it is remembered that something was done, after somebody last asked, unless less is enough. */
const REMEMBERED = 40 * DAY;

/** What must be done once, kept in Redis by its own clock. */
export class RedisOnce implements OnceStore {
  constructor(private readonly commands: RedisCommands) {}

  claim(
    name: string,
    token: string,
    lease: number,
    deadline: number,
    remembered = REMEMBERED,
  ): Promise<ClaimOutcome> {
    return this.ask('claim', name, token, lease, deadline, remembered);
  }

  async finish(name: string, token: string, deadline: number, remembered = REMEMBERED): Promise<void> {
    await this.ask('done', name, token, 0, deadline, remembered);
  }

  private async ask(
    what: 'claim' | 'done',
    name: string,
    token: string,
    lease: number,
    deadline: number,
    remembered: number,
  ): Promise<ClaimOutcome> {
    const { commands } = this;
    await commands.learnClock(deadline);
    const reply = (await commands.run(what, 'ONCE', ['once'], deadline, [
      name,
      token,
      commands.redisDeadline(deadline),
      what,
      lease,
      remembered,
    ])) as ClaimOutcome | 'late';
    if (reply === 'late') {
      throw new MaintenanceStoreError('Redis was too slow; nothing was claimed.', 'refused');
    }
    return reply;
  }
}
