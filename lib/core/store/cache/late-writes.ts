import { readRecord } from '../stored-record.js';
import type { StoredRecord } from '../store.js';

/** How many given-up writes are remembered: no cache is that late with that many. */
const MOST = 1_000;

/** Writes that were given up on. No cache can revoke one: it may still take effect. */
export class LateWrites {
  private readonly ids = new Set<string>();

  add(write: string): void {
    this.ids.add(write);
    const [oldest] = this.ids;
    if (oldest !== undefined && this.ids.size > MOST) {
      this.ids.delete(oldest);
    }
  }

  /** Marks which of the returned records are such writes. */
  show(records: ReadonlyMap<string, string>): Map<string, StoredRecord> {
    return new Map(
      [...records].map(([name, text]) => {
        const stored = readRecord(text);
        const late = 'record' in stored && this.ids.has(stored.record.write);
        return [name, late ? { ...stored, late } : stored];
      }),
    );
  }
}
