import { MaintenanceStoreError } from '../../lib/core/errors/errors.js';
import type { HistoryNote } from '../../lib/core/history/entry-record.js';
import { LeaseTable } from '../../lib/core/store/cache/lease-table.js';
import { ProgressTable } from '../../lib/core/store/cache/progress-table.js';
import { HistoryTable } from '../../lib/core/store/cache/history-table.js';
import { OnceTable } from '../../lib/core/store/cache/once-table.js';
import { decodeRecord } from '../../lib/core/document/codec.js';
import { formatVersion, parseVersion } from '../../lib/core/document/version.js';
import {
  applyWrites,
  EMPTY,
  stampNotes,
  type CacheDocument,
} from '../../lib/core/store/cache/cache-document.js';
import type { OnceStore } from '../../lib/core/store/once.js';
import { readRecord } from '../../lib/core/store/stored-record.js';
import type {
  Denial,
  Grant,
  LeaseRequest,
  LeaseStore,
  LinePlace,
  Waiter,
} from '../../lib/core/store/leases.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import {
  type News,
  type Presence,
  type RecordWrite,
  type SeenAt,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
  type Written,
} from '../../lib/core/store/store.js';
import { bounded } from '../../lib/core/store/bounded.js';

/** Milliseconds a question or an answer is on its way. */
const TRIP = 1;

/** Milliseconds somebody who waits is remembered for. */
const WAIT_LEASE = 2_000;

/** What a server remembers, with the promises of the Redis scripts, in memory and on the test's clock. */
export class MemoryServer {
  document = EMPTY;
  /** Something that cannot be read is in the place of all. */
  damage: string | undefined;
  readonly leases = new Map<string, { token: string; end: number }>();
  readonly fences = new Map<string, number>();
  /** Fences of locks only. */
  readonly locked = new Map<string, number>();
  readonly waiters = new Map<string, Waiter & { seen: number }>();
  readonly replicas = new Map<string, { presence: Presence; seen: number; store: MemoryStore }>();
  readonly stores = new Set<MemoryStore>();
  readonly history = new HistoryTable();
  readonly once = new OnceTable();
  /** Hooks of windows that were called, on whatever replica. */
  readonly called: { readonly name: string; readonly at: number }[] = [];
  /** Nothing is announced: only who asks learns of changes. */
  mute = false;

  get version(): Version {
    if (this.damage !== undefined) return `~${this.damage}`;
    return this.document === EMPTY ? '' : formatVersion(this.document);
  }

  /** What is recorded of a key. */
  record(key: string): KeyRecord | undefined {
    const text = this.document.records.get(key);
    return text === undefined ? undefined : decodeRecord(text);
  }

  /** The last write ids by revision: what is on the line. */
  readonly line = new Map<number, string>();
  /** Where each record was stored last. */
  readonly places = new Map<string, number>();

  /** What was stored before each write, oldest first. */
  readonly before: CacheDocument[] = [];

  /** A failover to one that lacks the last write. */
  goBack(): void {
    const before = this.before.pop();
    if (before === undefined) return;
    this.line.delete(this.document.revision);
    this.document = before;
    for (const [name, place] of this.places)
      if (place > before.revision) this.places.set(name, before.revision);
    for (const name of this.places.keys()) if (!before.records.has(name)) this.places.delete(name);
  }

  /** All is lost. */
  forget(): void {
    this.document = EMPTY;
    this.damage = undefined;
    this.line.clear();
    this.places.clear();
    this.before.length = 0;
  }

  /** Everything that was written, oldest first. */
  readonly news: News[] = [];

  /** Tells everybody, in any order, more than once if wished. */
  tell(kind: 'pushed' | 'woken', times = 1, news?: News): void {
    for (let i = 0; i < times && !this.mute; i++) {
      for (const store of [...this.stores].reverse()) setTimeout(() => store.hear(kind, news), TRIP + i * 3);
    }
  }
}

/** How a replica's wire behaves. */
export interface Wire {
  /** Nothing gets through, in either direction. */
  cut: boolean;
  /** The answer that is lost on its way back, counted from the next; 0 for none. */
  lose: number;
  /** The next questions arrive so many ms late. */
  late: number;
}

/** The leases of a server, as one replica asks for them. */
class MemoryLeases implements LeaseStore {
  constructor(
    private readonly server: MemoryServer,
    private readonly ask: <T>(what: string, deadline: number, answer: (inTime: boolean) => T) => Promise<T>,
  ) {}

  acquire(request: LeaseRequest, line: LinePlace | null, deadline: number): Promise<Grant | Denial> {
    const { fences, locked } = this.server;
    const { names, key, token, lease } = request;
    return this.ask('lock', deadline, (inTime): Grant | Denial => {
      if (!inTime) throw new MaintenanceStoreError('too slow; no lock was taken', 'refused');
      const now = Date.now();
      const waiters = this.line(now);
      const ticket = this.place(waiters, token, line?.ticket ?? null, now);
      const isAhead = (other: Waiter): boolean =>
        line !== null && other.key === key && !other.open && other.ticket < ticket;
      if (names.some((name) => this.owner(name, now, token) !== undefined) || waiters.some(isAhead)) {
        return line?.waits
          ? this.note({ token, ticket, key, open: false, held: line.held }, now)
          : { fence: null, ticket: null, waiters: [], unsure: 0 };
      }
      this.server.waiters.delete(token);
      const fence = Math.max((fences.get(key) ?? 0) + 1, now);
      fences.set(key, fence);
      if (line) locked.set(key, fence);
      this.take(names, token, now + lease);
      return { fence };
    });
  }

  enlist(
    waiter: Pick<Waiter, 'token' | 'key' | 'held'>,
    ticket: number | null,
    deadline: number,
  ): Promise<Denial> {
    return this.ask('wait', deadline, () => {
      const now = Date.now();
      const place = this.place(this.line(now), waiter.token, ticket, now);
      return this.note({ ...waiter, ticket: place, open: true }, now);
    });
  }

  renew(
    { names, key, token, lease, recorded = false }: LeaseRequest,
    fence: number,
    deadline: number,
  ): Promise<boolean | 'early'> {
    return this.ask('renew', deadline, (inTime) => {
      if (!inTime) throw new MaintenanceStoreError('too slow; nothing was renewed', 'refused');
      const now = Date.now();
      const overtaken = names.includes(`lock:${key}`) && (this.server.locked.get(key) ?? 0) > fence;
      if (overtaken || names.some((name) => this.owner(name, now, token) !== undefined)) return false;
      const lost = names.includes(`lock:${key}`) && !this.server.leases.has(`lock:${key}`);
      const hold = this.server.record(key)?.holds.find(({ id }) => id === token);
      if (lost && recorded && !hold) return 'early';
      this.take(names, token, now + lease);
      return true;
    });
  }

  release(names: readonly string[], token: string, deadline: number): Promise<void> {
    const { leases, waiters } = this.server;
    return this.ask('unlock', deadline, () => {
      for (const name of names) if (leases.get(name)?.token === token) leases.delete(name);
      waiters.delete(token);
      this.server.tell('woken');
    });
  }

  private take(names: readonly string[], token: string, end: number): void {
    names.forEach((name) => this.server.leases.set(name, { token, end }));
  }

  /** Who else has it. */
  private owner(name: string, now: number, token: string): string | undefined {
    const held = this.server.leases.get(name);
    return held && held.token !== token && held.end > now ? held.token : undefined;
  }

  private line(now: number): Waiter[] {
    return [...this.server.waiters.values()].filter(({ seen }) => seen + WAIT_LEASE > now);
  }

  private place(line: readonly Waiter[], token: string, ticket: number | null, now: number): number {
    const last = Math.max(now, ...line.map((other) => other.ticket + 1));
    return line.find((other) => other.token === token)?.ticket ?? ticket ?? last;
  }

  private note(waiter: Waiter, now: number): Denial {
    this.server.waiters.set(waiter.token, { ...waiter, seen: now });
    return { fence: null, ticket: waiter.ticket, waiters: this.line(now), unsure: 0 };
  }
}

/** One replica's connection to the server. */
export class MemoryStore implements StateStore {
  readonly shared = true;
  readonly local = false;
  readonly clustered = true;
  readonly kind = 'memory';
  readonly entry = 'state';
  readonly wire: Wire = { cut: false, lose: 0, late: 0 };
  readonly leases: LeaseStore;
  readonly once: OnceStore = {
    claim: (name, token, lease, deadline) =>
      this.#later('claim', deadline, () => this.server.once.claim(name, token, lease)),
    finish: (name, token, deadline) =>
      this.#later('finish', deadline, () => this.server.once.finish(name, token)),
  };
  #listener: StoreListener | undefined;

  constructor(private readonly server: MemoryServer) {
    this.leases = new MemoryLeases(server, (what, deadline, answer) => this.#ask(what, deadline, answer));
  }

  readonly progress = new ProgressTable(new LeaseTable());

  get history(): HistoryTable {
    return this.server.history;
  }

  now(): number {
    return Date.now();
  }

  latest(): number {
    return this.now();
  }

  start(listener: StoreListener): Promise<void> {
    this.#listener = listener;
    this.server.stores.add(this);
    return Promise.resolve();
  }

  detach(): void {
    // it has no connections
  }

  stop(): Promise<void> {
    this.server.stores.delete(this);
    return Promise.resolve();
  }

  hear(kind: 'pushed' | 'woken' | 'reconnected', news?: News): void {
    if (this.wire.cut) return;
    if (kind === 'pushed') this.#listener?.pushed(news);
    else this.#listener?.[kind]();
  }

  sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    const { server } = this;
    return this.#ask('sync', deadline, (inTime) => {
      const present = presence !== null && inTime;
      if (present) {
        const before = server.replicas.get(presence.id)?.presence;
        const applied = this.#since(presence.at) === undefined ? '' : presence.at;
        const told = { ...presence, at: applied };
        server.replicas.set(presence.id, { presence: told, seen: Date.now(), store: this });
        if (JSON.stringify(before) !== JSON.stringify(told)) server.tell('woken');
      }
      const { version } = server;
      const leases = new Set(
        [...server.leases].filter(([, { end }]) => end > Date.now()).map(([name]) => name),
      );
      const common = { version, leases, present };
      if (version === known) return { ...common, stored: undefined };
      if (server.damage !== undefined)
        return { ...common, stored: undefined, unreadable: server.damage, newer: false };
      const since = this.#since(known);
      const records = new Map(
        [...server.document.records]
          .filter(([name]) => since === undefined || (server.places.get(name) ?? 0) > since)
          .map(([name, text]) => [name, readRecord(text)] as const),
      );
      return { ...common, stored: { all: since === undefined, records } };
    });
  }

  /** The revision of a version that is on the server's line. */
  #since(known: Version | null): number | undefined {
    const parts = parseVersion(known ?? '');
    const { document, line } = this.server;
    const onLine = parts?.history === document.history && line.get(parts.revision) === parts.write;
    return onLine ? parts?.revision : undefined;
  }

  write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes: readonly HistoryNote[] = [],
  ): Promise<Written> {
    const { server } = this;
    return this.#ask('write', deadline, (inTime): Written => {
      if (!inTime) throw new MaintenanceStoreError('too slow; nothing was written', 'refused');
      const before = server.version;
      if (parseVersion(before) === undefined && before !== known)
        return { before, version: before, outcomes: writes.map(() => 'conflict' as const) };
      if (server.damage !== undefined) server.forget();
      let version = before;
      const outcomes = writes.map((write) => {
        const { document, outcomes } = applyWrites(server.document, [write], Date.now());
        const [outcome] = outcomes as [KeyRecord | 'conflict' | 'full'];
        if (typeof outcome === 'string') return outcome;
        server.history.keep(stampNotes(notes, [outcome]), 1_000);
        server.before.push(server.document);
        server.document = document;
        server.line.set(document.revision, document.write);
        server.places.set(write.name, document.revision);
        const news = { name: write.name, record: outcome, before: version, version: server.version };
        version = server.version;
        server.news.push(news);
        server.tell('pushed', 1, news);
        return outcome;
      });
      return { before, version, outcomes };
    });
  }

  replicas(deadline: number): Promise<SeenReplica[]> {
    const { replicas, stores } = this.server;
    return this.#ask('replicas', deadline, () =>
      [...replicas.values()].flatMap(({ presence, seen, store }): SeenReplica[] => {
        const { id, host, pid, lease, presumedDead } = presence;
        const silence = Date.now() - seen;
        const there = silence < lease || (stores.has(store) && silence < presumedDead);
        const silentFor = silence < lease ? 0 : silence;
        return there
          ? [{ id, host, pid, lastSeen: seen, silentFor, connection: 'open', told: presence }]
          : [];
      }),
    );
  }

  async replicasAt(version: Version | undefined, deadline: number): Promise<SeenAt | undefined> {
    const replicas = await this.replicas(deadline);
    if (version === undefined) return { replicas, version };
    return this.#since(version) === undefined ? undefined : { replicas, version: this.server.version };
  }

  forget(id: string, deadline: number): Promise<'gone' | 'absent' | 'alive'> {
    const { replicas } = this.server;
    return this.#ask('forget', deadline, () => {
      const found = replicas.get(id);
      if (found && Date.now() - found.seen < found.presence.lease) return 'alive';
      return replicas.delete(id) ? 'gone' : 'absent';
    });
  }

  leave(id: string, deadline: number): Promise<void> {
    return this.#ask('leave', deadline, () => {
      this.server.replicas.delete(id);
      this.server.tell('woken');
    });
  }

  async #later<T>(what: string, deadline: number, answer: () => Promise<T>): Promise<T> {
    return this.#ask(what, deadline, (inTime) => {
      if (!inTime) throw new MaintenanceStoreError('too slow; nothing was claimed', 'refused');
      return answer();
    }).then((promise) => promise);
  }

  /** One round trip, over a wire that loses and delays; a command that arrives past its deadline does nothing. */
  #ask<T>(what: string, deadline: number, answer: (inTime: boolean) => T): Promise<T> {
    const { wire } = this;
    const trip = TRIP + wire.late;
    const reply = new Promise<T>((resolve, reject) => {
      if (wire.cut) return;
      setTimeout(() => {
        try {
          const value = answer(performance.now() <= deadline);
          const lost = wire.lose > 0 && --wire.lose === 0;
          if (!lost && !wire.cut) setTimeout(resolve, TRIP, value);
        } catch (error) {
          setTimeout(reject, TRIP, error);
        }
      }, trip);
    });
    return bounded(what, reply, deadline);
  }
}
