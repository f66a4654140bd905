import { describeRecord } from '../document/describe-record.js';
import { nextBoundary } from '../document/passing-time.js';
import type { HoldRecord, KeyRecord } from '../document/record.js';
import type { MaintenanceState } from '../keys/maintenance-state.js';
import type { ProgressRecord } from '../progress/progress-record.js';

/** What a record means, from a moment until its next boundary. */
interface Described {
  readonly record: KeyRecord;
  readonly from: number;
  readonly state: MaintenanceState;
  /** Epoch ms by the store's clock at which its meaning changes by itself; `Infinity`: never. */
  readonly boundary: number;
  /** Which of its holds are still renewed. */
  readonly lives: readonly boolean[];
}

/** What records mean. With many keys on, a change of one must not cost computing all of them again. */
export class DescribedRecords {
  private known = new Map<string, Described>();

  constructor(
    private readonly isLive: (hold: HoldRecord) => boolean,
    private readonly progressOf: (hold: HoldRecord) => ProgressRecord | undefined = () => undefined,
  ) {}

  of(name: string, record: KeyRecord, now: number): Described {
    const known = this.known.get(name);
    if (known && this.isStillTrue(known, record, now)) {
      return known;
    }
    const described = {
      record,
      from: now,
      state: describeRecord(record, now, this.isLive, this.progressOf),
      boundary: nextBoundary(record, now),
      lives: record.holds.map(this.isLive),
    };
    this.known.set(name, described);
    return described;
  }

  /** Forgets those that no longer count, once there are many. */
  keep(names: ReadonlyMap<string, unknown>): void {
    if (this.known.size > 2 * names.size + 16) {
      this.known = new Map([...this.known].filter(([name]) => names.has(name)));
    }
  }

  /** The progress of work, or its estimate, changes all the time. */
  private isStillTrue(known: Described, record: KeyRecord, now: number): boolean {
    return (
      known.record === record &&
      now >= known.from &&
      now < known.boundary &&
      record.holds.every(
        (hold, i) =>
          hold.expected === undefined &&
          known.lives[i] === this.isLive(hold) &&
          this.progressOf(hold) === undefined,
      ) &&
      known.state.progress === undefined
    );
  }
}
