import { describeMessage, mainText, textsOf, type MaintenanceTexts } from '../texts/maintenance-text.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import { occurrenceAfter, occurrenceFrom, type Occurrence } from './occurrences.js';
import type { WindowRecord } from './window-record.js';

/** How a window repeats. @publicApi */
export interface MaintenanceWindowRepeat {
  /** The pattern. */
  readonly cron: string;
  /** IANA name of the time zone of the pattern. */
  readonly timeZone: string;
  /** No occurrence begins after this moment; `null`: no limit. */
  readonly until: Date | null;
  /** Maximum number of occurrences; `null`: no limit. */
  readonly count: number | null;
}

/** A planned window of a key. @publicApi */
export interface MaintenanceWindow {
  /** For `updateWindow()` and `cancelWindow()`. */
  readonly id: string;
  /** Name of the key. */
  readonly key: string;
  /** Grows with every change of the window. */
  readonly revision: number;
  /** Start of the current or next occurrence. */
  readonly start: Date;
  /** End of that occurrence. */
  readonly end: Date;
  /** Planned length of each occurrence, in milliseconds. */
  readonly duration: number;
  /** IANA name of the time zone in which `start` was given; `null`: it was given as a `Date`. */
  readonly timeZone: string | null;
  /** How it repeats; `null`: it does not. */
  readonly repeat: MaintenanceWindowRepeat | null;
  /** Milliseconds before its start at which it is announced; `false`: never. */
  readonly announce: number | false;
  /** Milliseconds from its start in which only writes are refused. */
  readonly readOnly: number;
  /** Milliseconds after its end over which visitors come back. */
  readonly reopenOver: number;
  /** The text of the announcement; `null`: the built-in sentence. */
  readonly announcement: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  readonly announcements?: MaintenanceTexts;
  /** The message for visitors during the window; `null`: the built-in sentence. */
  readonly message: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  readonly messages?: MaintenanceTexts;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only: who last changed it. */
  readonly actor: string | null;
  /** Starts of future occurrences that were cancelled. */
  readonly cancelled: readonly Date[];
}

/** Filter of `service.getWindows()`. @publicApi */
export interface MaintenanceWindowFilter {
  /** Only windows of this key. */
  readonly key?: MaintenanceKeyLike;
  /** Only windows with an occurrence that ends after this moment. Default: now. */
  readonly from?: Date;
  /** Only windows with an occurrence that begins before this moment. Default: no limit. */
  readonly until?: Date;
}

/** A window as it is handed out, by one of its occurrences. */
export function toWindow(key: string, { window, start, end }: Occurrence, now: number): MaintenanceWindow {
  const { id, revision, duration, timeZone, repeat, announce, announcement, message, reason, actor } = window;
  const { readOnly = 0, reopenOver = 0 } = window;
  const announcements = textsOf(announcement);
  return Object.freeze({
    id,
    key,
    revision,
    start: new Date(start),
    end: new Date(end),
    duration,
    timeZone,
    repeat: repeat && {
      cron: repeat.cron,
      timeZone: repeat.timeZone,
      until: repeat.until === null ? null : new Date(repeat.until),
      count: repeat.count,
    },
    announce: announce ?? false,
    readOnly,
    reopenOver,
    announcement: mainText(announcement),
    ...(announcements && { announcements }),
    ...describeMessage(message),
    reason,
    actor,
    cancelled: window.ended
      .filter(([begun, over]) => over <= begun && begun > now)
      .map(([begun]) => new Date(begun)),
  });
}

/** The occurrence of a window that {@link toWindow} describes: the first in that time. */
export function firstWithin(window: WindowRecord, from: number, until: number): Occurrence | undefined {
  const occurrence = occurrenceFrom(window, from) ?? occurrenceAfter(window, from);
  return occurrence && occurrence.start < until ? occurrence : undefined;
}
