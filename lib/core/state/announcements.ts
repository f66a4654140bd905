import { changeBetween, type AnnouncedChange, type SeenRecord } from '../document/seen-change.js';
import { currentOccurrence } from '../windows/occurrences.js';
import type { DescribedRecords } from './described-records.js';
import type { KnownRecords } from './known-records.js';

/** What was announced of each key, and so what is yet to be announced. */
export class Announcements {
  private readonly announced = new Map<string, SeenRecord>();
  /** The first moment at which one of them may mean something else by itself; epoch ms by the store's clock. */
  private next = Infinity;
  private last = -Infinity;
  private begun = false;
  /** Noticed, but not told yet. */
  private readonly waiting: AnnouncedChange[] = [];
  private telling = false;

  constructor(private readonly described: Pick<DescribedRecords, 'of'>) {}

  /** What was seen so far is where the process starts from. */
  begin(): void {
    this.begun = true;
  }

  /**
   * Notices the changes that have not been announced yet.
   * @param written names of records that were written; others are looked at when their meaning may have changed by itself
   */
  notice(written: ReadonlySet<string>, records: Pick<KnownRecords, 'get' | 'live'>, now: number): void {
    // the clock may have been set back
    const passed = now >= this.next || now < this.last;
    this.last = now;
    if (passed) {
      this.next = Infinity;
    }
    for (const name of passed ? new Set([...written, ...records.live.keys()]) : written) {
      const record = records.get(name);
      if (!record) {
        continue;
      }
      const before = this.announced.get(name);
      const { state, boundary } = this.described.of(name, record, now);
      const seen = { record, seen: now, state, window: currentOccurrence(record.windows, now) };
      this.announced.set(name, seen);
      this.next = Math.min(this.next, boundary);
      const change = this.begun ? changeBetween(name, before, seen) : undefined;
      if (change) {
        this.waiting.push(change);
      }
    }
  }

  /** Tells what was noticed, in that order: those who are told may be the first to see that something else is over. */
  tell(listener: (change: AnnouncedChange) => void): void {
    if (this.telling) {
      return;
    }
    this.telling = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
        listener(next);
      }
    } finally {
      this.telling = false;
    }
  }
}
