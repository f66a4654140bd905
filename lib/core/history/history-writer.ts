import { LogThrottle } from '../common/log-throttle.js';
import { stateOf } from '../document/change.js';
import { describeOccurrence } from '../document/describe-record.js';
import type { KeyRecord } from '../document/record.js';
import type { Edit } from '../document/updates.js';
import { messageOf } from '../errors/message-of.js';
import { entriesArisen } from './arisen.js';
import { createEntry, type KeptEntry } from './entry-record.js';
import { HISTORY_KEEP, type HistorySettings } from './history-settings.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';
import type { MaintenanceWay } from './maintenance-way.js';

/** What one write leaves in the history. */
export interface WrittenEntries {
  /** What has come by itself since the last write: whoever prunes it from the record notes it. */
  readonly arisen: readonly MaintenanceHistoryEntry[];
  readonly change: KeptEntry;
}

/** Puts changes into words for the history, and hands them to the application's sink. */
export class HistoryWriter {
  private readonly log: LogThrottle;

  constructor(
    private readonly settings: HistorySettings = { keep: HISTORY_KEEP },
    warn: (message: string) => void = () => undefined,
  ) {
    this.log = new LogThrottle(warn);
  }

  /** Does the application want to hear of entries. */
  get hasSink(): boolean {
    return this.settings.sink !== undefined;
  }

  /**
   * What a write leaves behind.
   * @param before the record with all that has ended by itself
   * @param left the record without that
   */
  describe(
    key: string,
    before: KeyRecord | undefined,
    left: KeyRecord | undefined,
    after: KeyRecord,
    { planned }: Edit,
    way: MaintenanceWay,
    id: string,
    now: number,
  ): WrittenEntries {
    const change = createEntry(key, stateOf(left, now), stateOf(after, now), after.change, {
      id,
      way,
      ...(planned && { event: planned.event, window: describeOccurrence(planned.occurrence) }),
    });
    const of = planned?.occurrence.window.id;
    const windowBefore = left?.windows?.find((window) => window.id === of) ?? null;
    return {
      arisen: before ? entriesArisen(key, before, Math.floor(now)) : [],
      change: planned ? { ...change, windowBefore } : change,
    };
  }

  /** Gives an entry to the application's sink. Never throws, and waits for nothing. */
  tell(entry: MaintenanceHistoryEntry): void {
    const { sink } = this.settings;
    if (!sink) {
      return;
    }
    const failed = (error: unknown): void =>
      this.log.write(
        'sink',
        `The option "history.sink" failed; the entry is still in the history: ${messageOf(error)}`,
      );
    try {
      Promise.resolve(sink(entry)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
