import { MaintenanceStoreError } from '../../errors/errors.js';
import type { Presence, StoredRecords, SyncResult, Version } from '../store.js';
import type { RedisCommands } from './redis-commands.js';
import type { RedisEntry } from './redis-entry.js';
import { explainRefusal } from './redis-misfits.js';
import { RedisPushes } from './redis-pushes.js';
import { RedisReport } from './redis-report.js';
import { RedisRoster } from './redis-roster.js';
import { explainUnreadable, isLate, isSameState, parseSyncReply, type SyncReply } from './sync-reply.js';

/** A replica's side of the exchange with the store: it does not repeat what it has already reported. */
export class RedisExchange {
  readonly pushes = new RedisPushes();
  private readonly roster = new RedisRoster();
  private readonly report: RedisReport;
  /** Leases that are alive, and Redis' mark of that list. */
  private leases: ReadonlySet<string> = new Set();
  private leasesMark = '';

  constructor(
    private readonly commands: RedisCommands,
    private readonly replicaLease: number,
  ) {
    this.report = new RedisReport(commands, replicaLease);
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const begun = performance.now();
    let reply = await this.ask(known, presence, deadline);
    if (reply.presence === 'untold') {
      // somebody has removed the report
      this.report.forgotten();
      reply = await this.ask(known, presence, deadline);
    }
    if (reply.kind === 'more') {
      reply = await this.ask(known, presence, deadline, {});
    }
    if (isLate(reply, presence) && this.commands.isEarly(begun, deadline)) {
      // Redis' clock was set since its last answer
      reply = await this.ask(known, presence, deadline, reply.kind === 'same' ? undefined : {});
    }
    await this.vouch(reply, deadline);
    const { version, kind } = reply;
    const common = {
      version,
      present: reply.presence === 'recorded' || reply.presence === 'new',
      ...(reply.refused !== null && {
        refused: explainRefusal(reply.refused, this.commands.fullName('replicas')),
      }),
      relisted: reply.presence === 'new' && this.report.isKnown,
      unsure: this.unsure(reply, presence?.id),
      list: String(this.roster.since),
      leases: this.leases,
      ...(reply.emptyFor > 0 && { emptyFor: reply.emptyFor }),
    };
    if (common.present && presence) {
      this.report.taken(presence);
    }
    if (kind === 'none') {
      return { ...common, stored: undefined, ...(version !== known && explainUnreadable(version)) };
    }
    const stored = kind === 'same' ? undefined : await this.readOn(reply, known, presence, deadline - begun);
    return { ...common, stored };
  }

  /** As {@link RedisReport.acknowledge}; pushes are signed with a secret that only an exchange returns. */
  async acknowledge(version: Version, presence: Presence, deadline: number): Promise<boolean> {
    return !this.pushes.needsSecret && this.report.acknowledge(version, presence, deadline);
  }

  /**
   * All pages of the answer. What changes while they are read comes with a later page or with the next exchange.
   * @param patience ms that each may take: from far away, all together take longer
   */
  private async readOn(
    first: SyncReply,
    known: Version | null,
    presence: Presence | null,
    patience: number,
  ): Promise<StoredRecords> {
    const records = new Map(first.records);
    for (let { page } = first; page !== null;) {
      const next = await this.ask(known, presence, performance.now() + patience, { page, of: first.version });
      if (!isSameState(next, first)) {
        throw new MaintenanceStoreError('Redis lost the state while it was being read.', 'refused');
      }
      next.records.forEach((record, name) => records.set(name, record));
      ({ page } = next);
    }
    return { all: first.kind === 'all', records };
  }

  /** Whether replicas other than this one were listed when that was last read. */
  knowsOthers(id: string): boolean {
    return this.roster.hasOthers(id);
  }

  /** Takes note of a list that was read outside an exchange. */
  saw(entries: readonly RedisEntry[]): void {
    this.roster.saw(entries);
  }

  /** The replica was taken off the list. */
  left(): void {
    this.report.forgotten();
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
   * Milliseconds for which the list is not trusted: replicas from before Redis started, or from before a gap in which no replica
   * looked, trust their state for a lease and need not have reported again yet.
   */
  private unsure({ now, calm }: SyncReply, id: string | undefined): number {
    const { since } = this.roster;
    const begun = this.roster.hasOthers(id) ? Math.max(since, calm) : since;
    return Math.max(0, this.roster.longestLease(this.replicaLease) - (now - begun));
  }

  /** One round trip of the sync script. */
  private async ask(
    known: Version | null,
    presence: Presence | null,
    deadline: number,
    further?: { readonly page?: string; readonly of?: Version },
  ): Promise<SyncReply> {
    const { commands, pushes } = this;
    const { facts, figures } = this.report.prepare(presence);
    const wakes = this.report.isAwaited(presence);
    const drains = this.report.drains(presence);
    const asksSecret = pushes.needsSecret;
    const acquainted = commands.askingServer();
    const asked = performance.now();
    const knowsNothing = known === null;
    const needsSecret = asksSecret || knowsNothing;
    const last = [
      wakes ? commands.channel : '',
      drains ? '1' : '',
      further?.page ?? '',
      further?.of ?? '',
      needsSecret ? RedisPushes.newSecret() : '',
    ];
    const needed = needsSecret ? 5 : further?.page ? 4 : drains ? 2 : wakes ? 1 : 0;
    const reply = await commands.run(
      'sync',
      'SYNC',
      [
        'records',
        'replicas',
        'leases',
        // an idle replica sends no more keys than it needs
        ...(wakes || further || needsSecret ? (['order', 'writes', 'applied'] as const) : []),
        ...(needsSecret ? (['secret'] as const) : []),
        ...(knowsNothing ? (['fences'] as const) : []),
      ],
      deadline,
      () => [
        known ?? '?',
        presence?.id ?? '',
        facts,
        figures,
        this.leasesMark === '' ? this.replicaLease : `${this.replicaLease}|${this.leasesMark}`,
        commands.term(deadline),
        commands.server(this.roster.known),
        ...last.slice(0, needed),
      ],
    );
    const parsed = parseSyncReply(reply, known ?? '');
    commands.clock.hear(parsed.now, asked);
    if (presence) {
      commands.judged(parsed.refused);
    }
    if (asksSecret) {
      pushes.learn(parsed.secret);
    }
    if (parsed.leases !== null) {
      this.leases = new Set(parsed.leases);
      this.leasesMark = parsed.leasesMark;
    }
    acquainted();
    return parsed;
  }
}
