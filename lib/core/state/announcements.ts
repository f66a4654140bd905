import { isOn, type KeyRecord } from '../document/record.js';
import { changeBetween, type AnnouncedChange, type SeenRecord } from '../document/seen-change.js';
import { currentOccurrence } from '../windows/occurrences.js';

/** What was announced of each key, and so what is yet to be announced. */
export class Announcements {
  private readonly announced = new Map<string, SeenRecord>();
  private begun = false;

  /** What was seen so far is where the process starts from. */
  begin(): void {
    this.begun = true;
  }

  /** The changes in these records that have not been announced yet. */
  news(
    names: Iterable<string>,
    recordOf: (name: string) => KeyRecord | undefined,
    now: number,
  ): AnnouncedChange[] {
    const news: AnnouncedChange[] = [];
    for (const name of names) {
      const record = recordOf(name);
      if (!record) {
        continue;
      }
      const before = this.announced.get(name);
      const on = isOn(record, now);
      const seen = { record, seen: now, on, window: currentOccurrence(record.windows, now) };
      this.announced.set(name, seen);
      const change = this.begun ? changeBetween(name, before, seen) : undefined;
      if (change) {
        news.push(change);
      }
    }
    return news;
  }
}
