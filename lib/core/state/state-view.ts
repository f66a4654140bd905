import type { KeyRegistry } from '../keys/key-registry.js';
import { changeBetween, type AnnouncedChange, type SeenRecord } from '../document/seen-change.js';
import { BoundaryTimer } from '../common/boundary-timer.js';
import { hasParts, isOn, type HoldRecord, type KeyRecord, type StateDocument } from '../document/record.js';
import { currentOccurrence } from '../windows/occurrences.js';
import type { ProgressRecord } from '../progress/progress-record.js';
import { Snapshot } from './snapshot.js';
import { leaseOfHold } from '../store/leases.js';
import { parseVersion } from '../document/version.js';
import { relate } from '../document/merge.js';
import type { News, Version, Written } from '../store/store.js';

const NOWHERE = { history: '', revision: 0, write: '' };

/**
 * This process's view of the state: the records it knows, the version of the store that it is at, the snapshot made from these,
 * and what has been announced. Knows nothing of where records come from.
 */
export class StateView {
  private view: Snapshot;
  private records = new Map<string, KeyRecord>();
  /** Those of them that say more than that a key is off. */
  private live = new Map<string, KeyRecord>();
  private at: Version | null = null;
  private line = 0;
  private document: StateDocument | null = null;
  /** What the store itself returned last of records that were only heard to have been replaced. */
  private readonly heard = new Map<string, KeyRecord | undefined>();
  private leases: ReadonlySet<string> = new Set();
  private readonly announced = new Map<string, SeenRecord>();
  private readonly boundary: BoundaryTimer;
  private readonly own = new Set<string>();
  private begun = false;
  private problem: string | null = null;
  private problems: ReadonlyMap<string, string> = new Map();
  private read = false;
  /** The snapshot lacks keys that were added since. */
  private lacking = false;
  private stopped = false;

  /**
   * @param now the clock that ends are measured by
   * @param judgesLeaseOf can a missing lease of that owner be seen from here
   * @param updated is called after the snapshot has changed, in the same tick
   * @param announce is called after that, once per change
   * @param progressOf how far the work of a hold is
   */
  constructor(
    private readonly registry: KeyRegistry,
    private readonly now: () => number,
    private readonly judgesLeaseOf: (owner: string) => boolean,
    private readonly updated: () => void,
    private readonly announce: (change: AnnouncedChange) => void,
    private readonly progressOf?: (hold: HoldRecord) => ProgressRecord | undefined,
  ) {
    this.boundary = new BoundaryTimer(now, () => this.update([]));
    this.view = this.make();
    registry.onAdd(() => {
      if (!this.lacking) {
        // once for all that are added now
        this.lacking = true;
        queueMicrotask(() => this.complete());
      }
    });
  }

  /** What is known now. An end or a start that has come counts even where its timer is late. */
  get snapshot(): Snapshot {
    if (this.lacking) {
      this.complete();
    }
    if (this.boundary.isOver) {
      this.update([]);
    }
    return this.view;
  }

  /** What is known; `null` while that is nothing. */
  get known(): StateDocument | null {
    return this.document;
  }

  /** The version of the store that this process is at; `null` before the store was read, and when it must be read as a whole. */
  get version(): Version | null {
    return this.at;
  }

  /** The last records that the store itself has shown, or taken: what may be written back to it. */
  get proven(): ReadonlyMap<string, KeyRecord> {
    if (this.heard.size === 0) {
      return this.records;
    }
    const proven = new Map(this.records);
    for (const [name, record] of this.heard) {
      if (record) {
        proven.set(name, record);
      } else {
        proven.delete(name);
      }
    }
    return proven;
  }

  /** Why nothing in the store can be read; `null` when it can. */
  get unreadable(): string | null {
    return this.problem;
  }

  /** Why records of some keys cannot be read and stay as they are, by the names of these. */
  get unreadableKeys(): ReadonlyMap<string, string> {
    return this.problems;
  }

  /** Is there a key of this application of which nothing is known, since its record cannot be read. */
  get lacksRecords(): boolean {
    return [...this.problems.keys()].some((name) => this.registry.has(name) && !this.records.has(name));
  }

  /** Why a key's record, or all of them, cannot be read; `null` when it can. */
  problemOf(key: string): string | null {
    return this.problem ?? this.problems.get(key) ?? null;
  }

  /** Was the state ever read: before that nothing is known, not even that nothing is in maintenance. */
  get hasRead(): boolean {
    return this.read;
  }

  /** What was read so far is where the process starts from; what comes now is announced. */
  begin(): void {
    this.begun = true;
  }

  /** Takes over what was written since the version that is known here, and announces it. */
  follow(
    news: ReadonlyMap<string, KeyRecord>,
    version: Version,
    problems: ReadonlyMap<string, string> = new Map(),
  ): void {
    this.heard.clear();
    const before = [...this.problems].filter(([name]) => !news.has(name));
    this.problems = new Map([...before, ...problems]);
    this.replace(news, version);
  }

  /**
   * Takes over all that the store holds, which need not go on from what is known here.
   * @param problems records that cannot be read, and stay as they are known
   */
  take(
    news: ReadonlyMap<string, KeyRecord>,
    version: Version,
    problems: ReadonlyMap<string, string> = new Map(),
  ): void {
    const records = new Map([...this.proven, ...news]);
    this.heard.clear();
    this.problems = problems;
    this.line++;
    this.records = new Map();
    this.live = new Map();
    this.replace(records, version);
  }

  /** Takes over a record that arrived by push, until the store itself returns its state. */
  hear({ name, record, version }: News): void {
    if (!this.heard.has(name)) {
      this.heard.set(name, this.records.get(name));
    }
    this.replace(new Map([[name, record]]), version);
  }

  /** The store holds what is known here. */
  confirm(): void {
    this.heard.clear();
  }

  /** Takes over what this process wrote itself, or met as it wrote, unless an answer that was faster has brought something newer. */
  advance(name: string, record: KeyRecord, { before, version }: Pick<Written, 'before' | 'version'>): void {
    const known = this.records.get(name);
    const follows = before === this.at;
    if (known && relate(known, record) === 'earlier') {
      return;
    }
    this.heard.delete(name);
    // what others have written in between is not known yet
    this.replace(new Map([[name, record]]), follows ? version : this.at);
  }

  /** Nothing of what is stored under that version can be read. */
  markUnreadable(version: Version, problem: string): void {
    this.at = version;
    this.problem = problem;
  }

  /** Which leases are alive; a hold without one is abandoned. */
  takeLeases(leases: ReadonlySet<string>): void {
    if (leases === this.leases) {
      return;
    }
    const matters = [...this.live.values()].some((record) =>
      record.holds.some((hold) => leases.has(leaseOfHold(hold.id)) !== this.leases.has(leaseOfHold(hold.id))),
    );
    this.leases = leases;
    if (matters) {
      this.refresh();
    }
  }

  /** What is recorded means something else now, though nothing is to be announced. */
  refresh(): void {
    this.compile();
    this.updated();
  }

  /** Is somebody still renewing this hold. */
  readonly isLive = (hold: HoldRecord): boolean =>
    this.own.has(hold.id) || this.leases.has(leaseOfHold(hold.id)) || !this.judgesLeaseOf(hold.owner);

  /** This process renews that hold itself, until the returned function is called. */
  holding(id: string): () => void {
    this.own.add(id);
    return () => this.own.delete(id);
  }

  leaseAlive(name: string): boolean {
    return this.leases.has(name);
  }

  stop(): void {
    this.stopped = true;
    this.boundary.clear();
  }

  /** Puts records in the place of what was known of their keys: what that costs hangs on how many these are, not on all. */
  private replace(changed: ReadonlyMap<string, KeyRecord>, version: Version | null): void {
    const { records, live } = this;
    for (const [name, record] of changed) {
      records.set(name, record);
      if (hasParts(record)) {
        live.set(name, record);
      } else {
        live.delete(name);
      }
    }
    this.at = version;
    const parts = parseVersion(version ?? '') ?? this.document ?? NOWHERE;
    const { history, revision, write } = version === '' ? NOWHERE : parts;
    this.document =
      version === '' && records.size === 0
        ? null
        : { history, revision, write, line: this.line, keys: records, live };
    this.problem = null;
    this.read = true;
    this.update(changed.keys());
  }

  private make(): Snapshot {
    return new Snapshot(this.document, this.registry, this.now(), this.isLive, this.progressOf);
  }

  private compile(): void {
    this.lacking = false;
    this.view = this.make();
    if (!this.stopped) {
      this.boundary.set(this.view.nextBoundary);
    }
  }

  private complete(): void {
    if (this.lacking) {
      this.compile();
    }
  }

  /** @param changed names of records that were written; others may have come to mean something else by themselves */
  private update(changed: Iterable<string>): void {
    const now = this.now();
    this.compile();
    const news = this.news(new Set([...changed, ...this.live.keys()]), now);
    this.updated();
    news.forEach(this.announce);
  }

  private news(names: ReadonlySet<string>, now: number): AnnouncedChange[] {
    const news: AnnouncedChange[] = [];
    for (const name of names) {
      const record = this.records.get(name);
      if (!record) {
        continue;
      }
      const before = this.announced.get(name);
      const seen = {
        record,
        seen: now,
        on: isOn(record, now),
        window: currentOccurrence(record.windows, now),
      };
      this.announced.set(name, seen);
      const change = this.begun ? changeBetween(name, before, seen) : undefined;
      if (change) {
        news.push(change);
      }
    }
    return news;
  }
}
