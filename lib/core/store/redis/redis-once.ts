import { DAY } from '../../keys/durations.js';
import type { ClaimOutcome, OnceStore } from '../once.js';
import type { RedisCommands } from './redis-commands.js';

/** Milliseconds for which Redis remembers, after the last question, that something was done, unless less is enough. */
const REMEMBERED = 40 * DAY;

/** What must be done once, kept in Redis by its own clock. */
export class RedisOnce implements OnceStore {
  /** @param replicaLease ms */
  constructor(
    private readonly commands: RedisCommands,
    private readonly replicaLease: number,
  ) {}

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
    const { commands, replicaLease } = this;
    const args = (term: string) =>
      [name, token, term, what, lease, remembered, replicaLease, commands.server()] as const;
    const answer = commands.runInTime(
      what,
      'ONCE',
      ['once', 'replicas'],
      deadline,
      args,
      'nothing was claimed',
    );
    return (await answer) as ClaimOutcome;
  }
}
