import { LogThrottle } from '../common/log-throttle.js';
import { stateOf } from '../document/change.js';
import { describeOccurrence } from '../document/describe-record.js';
import type { KeyRecord } from '../document/record.js';
import type { Edit } from '../document/updates.js';
import { messageOf } from '../errors/message-of.js';
import { occurrenceAt } from '../windows/occurrences.js';
import type { WindowRecord } from '../windows/window-record.js';
import { entriesArisen } from './arisen.js';
import { createEntry, type KeptEntry, type WindowChange } from './entry-record.js';
import { HISTORY_KEEP, type HistorySettings } from './history-settings.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';
import type { MaintenanceWay } from './maintenance-way.js';

/** What one write leaves in the history. */
export interface WrittenEntries {
  /** What has happened by itself since the last write: the writer that removes it from the record adds it to the history. */
  readonly arisen: readonly MaintenanceHistoryEntry[];
  readonly change: KeptEntry;
}

/** Describes changes for the history, and passes them to the application's sink. */
export class HistoryWriter {
  private readonly log: LogThrottle;

  constructor(
    private readonly settings: HistorySettings = { keep: HISTORY_KEEP },
    warn: (message: string) => void = () => undefined,
  ) {
    this.log = new LogThrottle(warn);
  }

  /** Whether the application has a sink. */
  get hasSink(): boolean {
    return this.settings.sink !== undefined;
  }

  /**
   * The entries of a write.
   * @param before the record with everything that has ended by itself
   * @param left the same record, without parts that have ended
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
    const changed = changedWindow(left, after);
    const ended = changed.windowBefore && occurrenceAt(changed.windowBefore, now);
    const change = createEntry(key, stateOf(left, now), stateOf(after, now), after.change, {
      id,
      way,
      ...(ended && { window: describeOccurrence(ended) }),
      ...(planned && { event: planned.event, window: describeOccurrence(planned.occurrence) }),
    });
    return {
      arisen: before ? entriesArisen(key, before, Math.floor(now)) : [],
      change: { ...change, ...changed, ...lostSwitch(left, after) },
    };
  }

  /** Passes an entry to the application's sink. Never throws, and waits for nothing. */
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

/** What has become of a planned window between two records of a key. Each change of one counts its revision. */
function changedWindow(left: KeyRecord | undefined, { windows: after = [] }: KeyRecord): WindowChange {
  const before = left?.windows ?? [];
  if (before === after) {
    return {};
  }
  const find = (windows: readonly WindowRecord[], { id }: WindowRecord): WindowRecord | undefined =>
    windows.find((window) => window.id === id);
  const changed = [...before, ...after].find(
    (window) => find(before, window)?.revision !== find(after, window)?.revision,
  );
  return changed
    ? {
        windowBefore: find(before, changed) ?? null,
        windowAfter: find(after, changed) ?? null,
      }
    : {};
}

/** The switch that was changed, if its key had other parts, too: its end and texts may be theirs. */
function lostSwitch(left: KeyRecord | undefined, { change, switch: on }: KeyRecord): WindowChange {
  const isOne = left?.holds.length === 0 && (left.windows ?? []).length === 0;
  const byOperator = change.cause === 'set' || change.cause === 'unset';
  return left?.switch && !isOne && (byOperator || !on) ? { switchBefore: left.switch } : {};
}
