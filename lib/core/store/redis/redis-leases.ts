import { randomId } from '../../document/codec.js';
import type { Denial, Grant, LeaseRequest, LeaseStore, LinePlace, Waiter } from '../leases.js';
import type { RedisCommands } from './redis-commands.js';

/** Results of scripts/renew.lua, by their number. */
const RENEWALS = [false, true, 'early'] as const;

/** Results of ACQUIRE and ENLIST. */
type Reply =
  | readonly ['taken', fence: number]
  | readonly ['held', ticket: string, waiters: readonly string[], unsure: number];

/** Leases in Redis, by Redis' own clock. */
export class RedisLeases implements LeaseStore {
  /** Id of the memory that Redis had when this process last looked; `''` before. */
  private memory = '';
  private longest = 0;

  /** @param lasts ms that a presence, and a lock, outlives its last renewal */
  constructor(
    private readonly commands: RedisCommands,
    private readonly lasts: { readonly replica: number; readonly lock: number },
  ) {}

  heed(lease: number): void {
    this.longest = lease;
  }

  /** Whether this process has yet to check if Redis has lost its memory. */
  get remembersNothing(): boolean {
    return this.memory === '';
  }

  /** Checks whether Redis has lost its memory since: then for a while locks may be held that it does not know of. */
  async recall(deadline: number): Promise<void> {
    const args = [this.memory, randomId(), this.lasts.replica, this.longestLock];
    this.memory = (await this.commands.run('memory', 'RECALL', ['fences'], deadline, args)) as string;
  }

  async acquire(
    { names, key, token, lease, floor = 0 }: LeaseRequest,
    line: LinePlace | null,
    deadline: number,
  ): Promise<Grant | Denial> {
    const { commands, lasts } = this;
    const args = (term: string) => [
      token,
      lease,
      term,
      key,
      line ? (line.waits ? 'wait' : 'try') : '',
      line?.ticket ?? '',
      (line?.held ?? []).join(','),
      this.memory,
      randomId(),
      lasts.replica,
      floor,
      Math.max(lease, this.longestLock),
      commands.server(),
      ...names,
    ];
    const keys = ['leases', 'fences', 'waiters', 'replicas'] as const;
    const answer = commands.runInTime('lock', 'ACQUIRE', keys, deadline, args, 'no lock was taken');
    const reply = (await answer) as Reply;
    return reply[0] === 'taken' ? { fence: Number(reply[1]) } : denial(reply);
  }

  /** Milliseconds for which somebody may have a lock that Redis has forgotten. */
  private get longestLock(): number {
    return Math.max(this.lasts.lock, this.longest);
  }

  async enlist(
    { token, key, held }: Pick<Waiter, 'token' | 'key' | 'held'>,
    ticket: number | null,
    deadline: number,
  ): Promise<Denial> {
    const { commands, lasts } = this;
    const args = (term: string) => [
      token,
      term,
      key,
      ticket ?? '',
      held.join(','),
      lasts.replica,
      commands.server(),
    ];
    const keys = ['waiters', 'replicas'] as const;
    const answer = commands.runInTime('wait', 'ENLIST', keys, deadline, args, 'the waiting line is unknown');
    return denial((await answer) as Extract<Reply, readonly ['held', ...unknown[]]>);
  }

  async renew(
    { names, key, token, lease, recorded = false }: LeaseRequest,
    fence: number,
    deadline: number,
  ): Promise<boolean | 'early'> {
    const args = (term: string) => [token, lease, term, key, fence, recorded ? '1' : '0', ...names];
    const keys = ['leases', 'fences', 'records'] as const;
    const answer = this.commands.runInTime('renew', 'RENEW', keys, deadline, args, 'no lease was renewed');
    return RENEWALS[(await answer) as number] ?? false;
  }

  async release(names: readonly string[], token: string, deadline: number): Promise<void> {
    const { channel } = this.commands;
    const keys = ['leases', 'waiters', 'progress'] as const;
    await this.commands.run('unlock', 'RELEASE', keys, deadline, [token, channel, ...names]);
  }
}

function denial([, ticket, flat, unsure]: Extract<Reply, readonly ['held', ...unknown[]]>): Denial {
  const waiters: Waiter[] = [];
  for (let i = 0; i + 4 < flat.length; i += 5) {
    const [token, place, key, kind, held] = flat.slice(i, i + 5) as [string, string, string, string, string];
    waiters.push({
      token,
      ticket: Number(place),
      key,
      open: kind === 'o',
      held: held === '' ? [] : held.split(','),
    });
  }
  return { fence: null, ticket: ticket === '' ? null : Number(ticket), waiters, unsure };
}
