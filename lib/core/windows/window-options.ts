import type { MaintenanceText } from '../texts/maintenance-text.js';

/** A local time in a time zone. @publicApi */
export interface MaintenanceLocalTime {
  /** Date and time without an offset, such as `'2027-03-28T02:30'`. */
  at: string;
  /**
   * IANA name, such as `'Europe/Berlin'`. A time that does not exist, because clocks go forward, moves forward by the same amount; a time
   * that exists twice is the first of the two.
   */
  timeZone: string;
}

/** How a window repeats. @publicApi */
export interface MaintenanceRepeat {
  /**
   * Cron pattern of five fields (`'30 2 * * SUN'`), six with seconds first, or seven with the year last. The first occurrence is the
   * first match that is not before `start`.
   */
  cron: string;
  /** IANA name of the time zone of the pattern. Default: that of `start`; required if `start` is a `Date`. */
  timeZone?: string;
  /** No occurrence begins after this moment. Default: no limit. */
  until?: Date;
  /** Maximum number of occurrences, including cancelled ones; up to 1,000. Default: no limit. */
  count?: number;
}

/** Options of `service.scheduleWindow()`. @publicApi */
export interface MaintenanceWindowOptions {
  /** When it begins, by the clock of the store. With `repeat`: the earliest start. */
  start: Date | MaintenanceLocalTime;
  /** When it ends, as an alternative to `duration`. With `repeat`: the end of an occurrence that begins at `start`. */
  end?: Date | MaintenanceLocalTime;
  /** Elapsed milliseconds, as an alternative to `end`: an hour is an hour, even if clocks change in between. */
  duration?: number;
  /** Default: it does not repeat. */
  repeat?: MaintenanceRepeat | null;
  /** Milliseconds before its start at which it is announced; `false`: never. Default: one hour. */
  announce?: number | false;
  /** Milliseconds from its start in which only writes are refused; at most its length. Default 0. */
  readOnly?: number;
  /**
   * Milliseconds after its end over which visitors come back, each at a moment of their own; at most a day, and for a window that
   * repeats at most the time until the next occurrence. Default 0: everybody comes back at once.
   */
  reopenOver?: number;
  /**
   * The text of the announcement, one or one per language; `null`: the built-in sentence. With `announce: false` it is kept for later,
   * and nobody sees it.
   */
  announcement?: MaintenanceText | null;
  /** The message for visitors during the window, one or one per language; `null`: the built-in sentence. */
  message?: MaintenanceText | null;
  /** For operators only. */
  reason?: string | null;
  /** For operators only: who planned it. */
  actor?: string | null;
}

/** Options of `service.updateWindow()`; fields that are not given stay as they are. @publicApi */
export interface MaintenanceWindowChanges extends Partial<MaintenanceWindowOptions> {
  /** Change the window only if it is still at this revision. Default: unconditionally. */
  ifRevision?: number;
}

/** Options of `service.cancelWindow()`. @publicApi */
export interface MaintenanceWindowCancelOptions {
  /** Start of the occurrence to cancel, or to end if it is on. Default: the whole window. */
  occurrence?: Date;
  /** For operators only. */
  reason?: string | null;
  /** For operators only: who cancels it. */
  actor?: string | null;
  /** Change the window only if it is still at this revision. Default: unconditionally. */
  ifRevision?: number;
}

export const SCHEDULE_OPTIONS = [
  'start',
  'end',
  'duration',
  'repeat',
  'announce',
  'readOnly',
  'reopenOver',
  'announcement',
  'message',
  'reason',
  'actor',
] as const satisfies (keyof MaintenanceWindowOptions)[];

export const UPDATE_OPTIONS: readonly string[] = [...SCHEDULE_OPTIONS, 'ifRevision'];

export const CANCEL_OPTIONS: readonly string[] = [
  'occurrence',
  'reason',
  'actor',
  'ifRevision',
] satisfies (keyof MaintenanceWindowCancelOptions)[];
