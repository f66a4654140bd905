import type { KeyRegistry } from '../keys/key-registry.js';
import { changeBetween, type AnnouncedChange, type SeenRecord } from '../document/seen-change.js';
import { BoundaryTimer } from '../common/boundary-timer.js';
import { isOn, type HoldRecord, type StateDocument } from '../document/record.js';
import { currentOccurrence } from '../windows/occurrences.js';
import type { ProgressRecord } from '../progress/progress-record.js';
import { Snapshot } from './snapshot.js';
import { leaseOfHold } from '../store/leases.js';
import type { Version } from '../store/store.js';

/**
 * This process's view of the state: the last document, the snapshot made from it, and what has been announced of it.
 * Knows nothing of where documents come from.
 */
export class StateView {
  private view: Snapshot;
  private document: StateDocument | null = null;
  private stored: Version | null = null;
  /** What the store itself returned last, while the known state has arrived by push only. */
  private shown: { document: StateDocument | null } | undefined;
  private leases: ReadonlySet<string> = new Set();
  private readonly announced = new Map<string, SeenRecord>();
  private readonly boundary: BoundaryTimer;
  private readonly own = new Set<string>();
  private begun = false;
  private problem: string | null = null;
  private read = false;

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
    this.boundary = new BoundaryTimer(now, () => this.update());
    this.view = this.compile();
    registry.onAdd(() => {
      this.view = this.compile();
      this.boundary.set(this.view.nextBoundary);
    });
  }

  /** What is known now. An end or a start that has come counts even where its timer is late. */
  get snapshot(): Snapshot {
    if (this.boundary.isOver) {
      this.update();
    }
    return this.view;
  }

  /** The last document; `null` before the first. */
  get known(): StateDocument | null {
    return this.document;
  }

  /** Its version in the store; `null` before the store was read. */
  get version(): Version | null {
    return this.stored;
  }

  /** The last document that the store itself has shown, or taken: what may be written back to it. */
  get proven(): StateDocument | null {
    return this.shown ? this.shown.document : this.document;
  }

  /** Why what is in the store cannot be read; `null` when it can. */
  get unreadable(): string | null {
    return this.problem;
  }

  /** Was the state ever read: before that nothing is known, not even that nothing is in maintenance. */
  get hasRead(): boolean {
    return this.read;
  }

  /** What was read so far is where the process starts from; what comes now is announced. */
  begin(): void {
    this.begun = true;
  }

  /** Takes over what the store holds, and announces what is new in it. */
  take(document: StateDocument | null, version: Version): void {
    this.shown = undefined;
    this.replace(document, version);
  }

  /** Takes over a state that arrived by push, until the store itself returns its state. */
  hear(document: StateDocument, version: Version): void {
    this.shown ??= { document: this.document };
    this.replace(document, version);
  }

  /** The store holds what is known here. */
  confirm(): void {
    this.shown = undefined;
  }

  /** Takes over what this process wrote itself, unless an answer that was faster has brought something newer. */
  advance(document: StateDocument, version: Version): void {
    const { known } = this;
    if (!known || known.history !== document.history || known.revision < document.revision) {
      this.take(document, version);
    }
  }

  /** Something that cannot be read is stored under that version. */
  markUnreadable(version: Version, problem: string): void {
    this.stored = version;
    this.problem = problem;
  }

  /** Which leases are alive; a hold without one is abandoned. */
  takeLeases(leases: ReadonlySet<string>): void {
    const matters = [...(this.document?.keys.values() ?? [])].some((record) =>
      record.holds.some((hold) => leases.has(leaseOfHold(hold.id)) !== this.leases.has(leaseOfHold(hold.id))),
    );
    this.leases = leases;
    if (matters) {
      this.refresh();
    }
  }

  /** What is recorded means something else now, though nothing is to be announced. */
  refresh(): void {
    this.view = this.compile();
    this.boundary.set(this.view.nextBoundary);
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
    this.boundary.clear();
  }

  private replace(document: StateDocument | null, version: Version): void {
    this.document = document;
    this.stored = version;
    this.problem = null;
    this.read = true;
    this.update();
  }

  private compile(): Snapshot {
    return new Snapshot(this.document, this.registry, this.now(), this.isLive, this.progressOf);
  }

  private update(): void {
    const now = this.now();
    this.view = this.compile();
    this.boundary.set(this.view.nextBoundary);
    const news = this.document ? this.news(this.document, now) : [];
    this.updated();
    news.forEach(this.announce);
  }

  private news(document: StateDocument, now: number): AnnouncedChange[] {
    const news: AnnouncedChange[] = [];
    for (const [name, record] of document.keys) {
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
