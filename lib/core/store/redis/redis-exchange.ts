import { decode, NewerFormatError } from '../../document/codec.js';
import type { StateDocument } from '../../document/record.js';
import { formatPresence } from '../presence.js';
import { messageOf } from '../../errors/message-of.js';
import { type News, type Presence, type SyncResult, type Version } from '../store.js';
import type { RedisCommands } from './redis-commands.js';
import { RedisPushes } from './redis-pushes.js';
import { RedisRoster } from './redis-roster.js';
import { parseSyncReply, type SyncReply } from './sync-reply.js';

/** A replica's side of the exchange with the store: what it has already reported need not be sent again. */
export class RedisExchange {
  private readonly pushes = new RedisPushes();
  private readonly roster = new RedisRoster();
  /** The last report that others may wait for. */
  private acknowledged = '';
  /** The reported part of this replica that does not change. */
  private told = '';

  constructor(
    private readonly commands: RedisCommands,
    private readonly replicaLease: number,
  ) {}

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const begun = performance.now();
    let reply = await this.ask(known, presence, deadline);
    if (reply.presence === 'untold') {
      // somebody has removed the report
      this.told = '';
      reply = await this.ask(known, presence, deadline);
    }
    if (isLate(reply, presence) && this.commands.isEarly(begun, deadline)) {
      // Redis' clock was set since its last answer
      reply = await this.ask(known, presence, deadline);
    }
    const { version, text } = reply;
    await this.vouch(reply, deadline);
    const common = {
      version,
      present: reply.presence === 'recorded' || reply.presence === 'new',
      ...(reply.refused === null ? {} : { refused: reply.refused }),
      relisted: reply.presence === 'new' && this.acknowledged !== '',
      unsure: this.unsure(reply, presence?.id),
      leases: new Set(reply.leases),
    };
    if (common.present && presence) {
      this.acknowledged = acknowledgement(presence);
      this.told = formatPresence(presence, this.commands.ownChannel).facts;
    }
    if (version === '' || version === known) {
      return { ...common, document: version === known ? undefined : null };
    }
    try {
      return { ...common, document: readDocument(version, text) };
    } catch (error) {
      return {
        ...common,
        document: undefined,
        unreadable: messageOf(error),
        newer: error instanceof NewerFormatError,
      };
    }
  }

  /** What a push brings, when it is certain. */
  readPush(message: string | undefined): News | undefined {
    return message === undefined ? undefined : this.pushes.read(message);
  }

  /** The replica was taken off the list. */
  left(): void {
    this.told = '';
  }

  /** Lists replicas again that Redis has lost and this process remembers. */
  private async vouch({ roster, members }: SyncReply, deadline: number): Promise<void> {
    if (roster !== null) {
      this.roster.learn(roster, members ?? []);
      this.commands.since = String(this.roster.since);
    }
    const { unlisted, since } = this.roster;
    if (unlisted.length > 0) {
      await this.commands.run('vouch', 'VOUCH', ['replicas'], deadline, [since, ...unlisted.flat()]);
      this.roster.vouched();
    }
  }

  /**
   * Milliseconds for which the list is not believed: whoever was there before Redis started, or before something happened that
   * nobody saw, trusts himself for a lease and need not have told again yet.
   */
  private unsure({ now, calm }: SyncReply, id: string | undefined): number {
    const { since } = this.roster;
    const begun = this.roster.hasOthers(id) ? Math.max(since, calm) : since;
    return Math.max(0, this.roster.longestLease(this.replicaLease) - (now - begun));
  }

  /** One round trip of the sync script. */
  private async ask(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncReply> {
    const { commands, pushes } = this;
    const { facts, figures } = presence
      ? formatPresence(presence, commands.ownChannel)
      : { facts: '', figures: '' };
    const wakes = presence !== null && acknowledgement(presence) !== this.acknowledged;
    const asksSecret = pushes.needsSecret;
    const acquainted = commands.askingServer();
    const asked = performance.now();
    const reply = await commands.run(
      'sync',
      'SYNC',
      ['state', 'replicas', 'leases', ...(asksSecret ? (['secret'] as const) : [])],
      deadline,
      [
        known ?? '?',
        presence?.id ?? '',
        presence && known?.startsWith(`${presence.write}#`) ? '=' : (presence?.write ?? ''),
        facts === this.told ? '' : facts,
        figures,
        this.replicaLease,
        commands.term(deadline),
        commands.server(this.roster.known),
        ...(wakes || asksSecret ? [wakes ? commands.channel : ''] : []),
        ...(asksSecret ? [RedisPushes.newSecret()] : []),
      ],
    );
    const parsed = parseSyncReply(reply);
    commands.clock.hear(parsed.now, asked);
    if (presence) {
      commands.judged(parsed.refused);
    }
    if (asksSecret) {
      pushes.learn(parsed.secret);
    }
    acquainted();
    return parsed;
  }
}

/** The presence came too late to be recorded. */
const isLate = (reply: SyncReply, presence: Presence | null): boolean =>
  presence !== null && reply.presence === 'none' && reply.refused === null;

const acknowledgement = ({ write, draining }: Presence): string => `${write}:${JSON.stringify(draining)}`;

/** @throws Error that says why the stored value cannot be read */
function readDocument(version: Version, text: string | null): StateDocument {
  if (text === null) {
    throw new Error(
      version.startsWith('!')
        ? `its Redis type is ${version.slice(1)}`
        : `it is ${version.slice(1)} bytes long`,
    );
  }
  return decode(text);
}
