import type { MaintenanceChange } from '../document/change.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceTexts } from '../texts/maintenance-text.js';
import type { MaintenanceWindow } from '../windows/maintenance-window.js';
import type { MaintenanceHistoryEvent } from './maintenance-history-event.js';
import type { MaintenanceWay } from './maintenance-way.js';

/** One entry of the history: a change of a key, and how it was made. @publicApi */
export interface MaintenanceHistoryEntry extends Omit<
  MaintenanceChange,
  'previous' | 'acknowledged' | 'missing'
> {
  /** Identifies the entry. */
  readonly id: string;
  /**
   * `'entering'` and `'exiting'`: the key went into maintenance or came out of it; `'changed'`: it stayed as it was, but something
   * else changed, such as the message; `'scheduled'` and `'cancelled'`: a planned window; `'abandoned'`: the process of a
   * `maintain()` died; `'overrun'`: the key is still on after the announced or expected end.
   */
  readonly event: MaintenanceHistoryEvent;
  /** How it was made. */
  readonly way: MaintenanceWay;
  /** The state before. */
  readonly previous: {
    /** The message for visitors. */
    readonly message: string | null;
    /** All of its texts, by language; absent if there was one for all. */
    readonly messages?: MaintenanceTexts;
    /** For operators only. */
    readonly reason: string | null;
    /** The end that visitors saw. */
    readonly until: Date | null;
    /** When it would have ended by itself. */
    readonly endsAt: Date | null;
    /** Whether the operator's switch was on, regardless of `maintain()` calls and windows. */
    readonly switched: boolean;
    /** The planned window, by its occurrence that was on or to come; `null`: there was none. Absent if the change is about none. */
    readonly planned?: MaintenanceWindow | null;
  };
  /**
   * The window that was planned, changed, cancelled or ended early, as it is afterwards, with its current or next occurrence;
   * `null`: none is left. Absent for other changes.
   */
  readonly planned?: MaintenanceWindow | null;
  /** Whether the operator's switch is on, regardless of `maintain()` calls and windows. */
  readonly switched: boolean;
}

/** Filter of `service.getHistory()`. @publicApi */
export interface MaintenanceHistoryFilter {
  /** Only entries of this key. Default: all. */
  readonly key?: MaintenanceKeyLike;
  /** Only entries from this moment on. Default: all that are kept. */
  readonly since?: Date;
  /** The maximum number of entries, the newest first; 1 to 100,000. Default 100. */
  readonly limit?: number;
}

/** Option `history`. @publicApi */
export interface MaintenanceHistoryOptions {
  /** The number of entries that are kept, 0 to 100,000. Default 1,000. */
  keep?: number;
  /**
   * Gets entries for an audit log of your own: on the process that made the change, once the store has confirmed it; for what
   * happened by itself, on one process of the cluster. Changes by processes without a sink, such as the command line on Redis, are in
   * the history only. Its errors are logged and stop nothing.
   */
  sink?(entry: MaintenanceHistoryEntry): unknown;
}
