import type { Subject } from 'rxjs';
import { byItself } from '../calls/by-itself.js';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { AnnouncedChange } from '../document/seen-change.js';
import type { HoldRecord, KeyRecord, StateDocument } from '../document/record.js';
import type { ProgressRecord } from '../progress/progress-record.js';
import { Announcements } from './announcements.js';
import { CurrentSnapshot } from './current-snapshot.js';
import { DescribedRecords } from './described-records.js';
import type { HoldLiveness } from './hold-liveness.js';
import { KnownRecords } from './known-records.js';
import { Snapshot } from './snapshot.js';
import { UnreadableRecords } from './unreadable-records.js';
import type { News, StateStore, Version, Written } from '../store/store.js';

/**
 * This process's view of the state: the records it knows, the version of the store that it is at, the snapshot made from these,
 * and what has been announced. It does not know where records come from.
 */
export class StateView {
  readonly unreadable = new UnreadableRecords();
  /** The records as they are known. */
  readonly records = new KnownRecords();
  private readonly announcements: Announcements;
  private readonly current: CurrentSnapshot;
  /** Names of records heard since the last update. */
  private readonly heard = new Set<string>();
  private read = false;

  /**
   * @param clock by which ends are measured
   * @param holds which of them are still renewed
   * @param updates emits after the snapshot has changed, in the same tick
   * @param changes emits after that, once per change
   * @param progressOf the progress of a hold
   */
  constructor(
    private readonly registry: KeyRegistry,
    private readonly clock: Pick<StateStore, 'now'>,
    readonly holds: HoldLiveness,
    private readonly updates: Subject<void>,
    private readonly changes: Subject<AnnouncedChange>,
    progressOf?: (hold: HoldRecord) => ProgressRecord | undefined,
  ) {
    const described = new DescribedRecords(holds.isLive, progressOf);
    this.announcements = new Announcements(described);
    this.current = new CurrentSnapshot(
      registry,
      (now) => new Snapshot(this.known, registry, now, described),
      () => clock.now(),
      () => this.update([]),
    );
  }

  /** What is known now. A boundary that has passed counts even if its timer is late. */
  get snapshot(): Snapshot {
    this.settle();
    return this.current.snapshot;
  }

  /** What is known; `null` while that is nothing. */
  get known(): StateDocument | null {
    return this.records.document;
  }

  /** The version of the store that this process is at; `null` before the store was read, and when it must be read as a whole. */
  get version(): Version | null {
    return this.records.version;
  }

  /** Whether there is a key of this application of which nothing is known because its record cannot be read. */
  get lacksRecords(): boolean {
    return this.unreadable.names.some((name) => this.registry.has(name) && !this.records.get(name));
  }

  /** Whether the state was ever read: before that nothing is known, not even that nothing is in maintenance. */
  get hasRead(): boolean {
    return this.read && !this.lacksRecords;
  }

  /** What was read so far is where the process starts from; what comes now is announced. */
  begin(): void {
    this.announcements.begin();
  }

  /** Applies what was written since the version that is known here, and announces it. */
  follow(
    news: ReadonlyMap<string, KeyRecord>,
    version: Version,
    problems: ReadonlyMap<string, string> = new Map(),
  ): void {
    this.unreadable.follow(news, problems);
    this.records.follow(news, version);
    this.readable(news.keys());
  }

  /**
   * Replaces everything by what the store holds, which need not continue from what is known here.
   * @param problems records that cannot be read, and stay as they are known
   */
  take(
    news: ReadonlyMap<string, KeyRecord>,
    version: Version,
    problems: ReadonlyMap<string, string> = new Map(),
  ): void {
    this.unreadable.take(problems);
    this.readable(this.records.take(news, version).keys());
  }

  /** Applies a record that arrived by push, until the store itself returns its state. Many at once make one snapshot. */
  hear(news: News): void {
    const { name, record } = news;
    if (this.heard.has(name)) {
      // each change is announced
      this.settle();
    }
    this.holds.heard(record, this.records.get(name));
    this.records.hear(news);
    this.unreadable.unmark();
    this.read = true;
    if (this.heard.size === 0) {
      queueMicrotask(() => this.settle());
    }
    this.heard.add(name);
  }

  /** What was heard has its effects now: before this process reports that it has applied it, and before anything else happens. */
  settle(): void {
    if (this.heard.size > 0) {
      this.update([]);
    }
  }

  /** The store has been at that version: if it is still the one that is known here, what was heard is true. */
  confirm(version: Version): void {
    if (version === this.version) {
      this.records.confirm();
    }
  }

  /** Whether everything is known that only an exchange returns: what others wrote before, and which holds are still renewed. */
  get isComplete(): boolean {
    return (
      this.records.unconfirmed.length === 0 &&
      [...this.records.live.values()].every(({ holds }) => holds.every(this.holds.isLive))
    );
  }

  /** Applies what this process wrote itself, or found as it wrote, unless a faster answer has brought something newer. */
  advance(name: string, record: KeyRecord, written: Pick<Written, 'before' | 'version'>): void {
    if (this.records.advance(name, record, written)) {
      this.readable([name]);
    }
  }

  /** Nothing of what is stored under that version can be read. */
  markUnreadable(version: Version, problem: string): void {
    this.records.pass(version);
    this.unreadable.mark(problem);
  }

  /** Takes the leases that are alive; a hold without one is abandoned. @param mark as it was when they were requested */
  takeLeases(leases: ReadonlySet<string>, mark?: number): void {
    if (this.holds.take(leases, this.records.live.values(), mark)) {
      this.refresh();
    }
  }

  /** The records mean something else now, though there is nothing to announce. */
  refresh(): void {
    this.current.compile();
    byItself(() => this.updates.next());
  }

  stop(): void {
    this.current.stop();
  }

  /** The store could be read, and these records were written. */
  private readable(changed: Iterable<string>): void {
    this.unreadable.unmark();
    this.read = true;
    this.update(changed);
  }

  /** @param changed names of records that were written; the meaning of others may have changed by itself */
  private update(changed: Iterable<string>): void {
    const now = this.clock.now();
    const names = new Set([...this.heard, ...changed]);
    this.heard.clear();
    this.current.compile(now);
    this.announcements.notice(names, this.records, now);
    byItself(() => {
      this.updates.next();
      this.announcements.tell((change) => this.changes.next(change));
    });
  }
}
