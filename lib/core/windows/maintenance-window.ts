import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import { occurrenceAfter, occurrenceFrom, type Occurrence } from './occurrences.js';
import type { WindowRecord } from './window-record.js';

/** How a window repeats. @publicApi */
export interface MaintenanceWindowRepeat {
  /** The pattern. */
  readonly cron: string;
  /** IANA name of the zone whose clocks it is about. */
  readonly timeZone: string;
  /** No occurrence begins after that; `null`: no such end was given. */
  readonly until: Date | null;
  /** At most so many occurrences; `null`: no number was given. */
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
  /** When the occurrence begins, or began, that is on or comes next. */
  readonly start: Date;
  /** When that occurrence ends. */
  readonly end: Date;
  /** How long each occurrence is planned to last, in ms. */
  readonly duration: number;
  /** Zone that `start` was given in; `null`: given as a `Date`. */
  readonly timeZone: string | null;
  /** `null`: it is on once. */
  readonly repeat: MaintenanceWindowRepeat | null;
  /** Ms before its start from when on visitors hear of it; `false`: never. */
  readonly announce: number | false;
  /** What visitors read before it begins; `null`: the built-in sentence. */
  readonly announcement: string | null;
  /** What visitors read while it is on; `null`: the built-in sentence. */
  readonly message: string | null;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only: who changed it last. */
  readonly actor: string | null;
  /** Starts of occurrences to come that were cancelled. */
  readonly cancelled: readonly Date[];
}

/** Which windows `getWindows()` gives. @publicApi */
export interface MaintenanceWindowFilter {
  /** Of this key only. */
  readonly key?: MaintenanceKeyLike;
  /** With an occurrence that ends after that. Default: now. */
  readonly from?: Date;
  /** With an occurrence that begins before that. */
  readonly until?: Date;
}

/** A window as it is handed out, by one of its occurrences. */
export function toWindow(key: string, { window, start, end }: Occurrence, now: number): MaintenanceWindow {
  const { id, revision, duration, timeZone, repeat, announce, announcement, message, reason, actor } = window;
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
    announcement,
    message,
    reason,
    actor,
    cancelled: window.ended
      .filter(([begun, over]) => over <= begun && begun > now)
      .map(([begun]) => new Date(begun)),
  });
}

/** The occurrence of a window that {@link toWindow} tells of: the first in that time. */
export function firstWithin(window: WindowRecord, from: number, until: number): Occurrence | undefined {
  const occurrence = occurrenceFrom(window, from) ?? occurrenceAfter(window, from);
  return occurrence && occurrence.start < until ? occurrence : undefined;
}
