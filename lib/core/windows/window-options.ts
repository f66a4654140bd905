/** A time as clocks of a zone show it. @publicApi */
export interface MaintenanceLocalTime {
  /** Date and time without an offset, such as `'2027-03-28T02:30'`. */
  at: string;
  /**
   * IANA name, such as `'Europe/Berlin'`. A time that does not exist, since clocks go forward, moves forward by as much; of one that
   * exists twice it is the first.
   */
  timeZone: string;
}

/** When a window is on again. @publicApi */
export interface MaintenanceRepeat {
  /** Five fields, or six with seconds first: `'30 2 * * SUN'`. The first start is the first one that is not before `start`. */
  cron: string;
  /** IANA name of the zone whose clocks the pattern is about. Default: that of `start`. */
  timeZone?: string;
  /** No occurrence begins after that. */
  until?: Date;
  /** At most so many occurrences, cancelled ones among them; up to 1,000. */
  count?: number;
}

/** What `scheduleWindow()` is told. @publicApi */
export interface MaintenanceWindowOptions {
  /** When it begins, by the clock of the store. With `repeat` it does not begin before that. */
  start: Date | MaintenanceLocalTime;
  /** When it ends; or `duration`. With `repeat`: of an occurrence that begins at `start`. */
  end?: Date | MaintenanceLocalTime;
  /** How long it lasts, in ms that go by: an hour is an hour, also when clocks change meanwhile. Or `end`. */
  duration?: number;
  /** Default: it is on once. */
  repeat?: MaintenanceRepeat | null;
  /** Ms before its start from when on visitors hear of it; `false`: never. Default: one hour. */
  announce?: number | false;
  /** What visitors read before it begins; `null`: the built-in sentence. */
  announcement?: string | null;
  /** What visitors read while it is on; `null`: the built-in sentence. */
  message?: string | null;
  /** For operators only. */
  reason?: string | null;
  /** For operators only: who plans it. */
  actor?: string | null;
}

/** What `updateWindow()` is told: what is not given stays as it is. @publicApi */
export interface MaintenanceWindowChanges extends Partial<MaintenanceWindowOptions> {
  /** Only if the window is still at that revision. Default: whatever it is. */
  ifRevision?: number;
}

/** What `cancelWindow()` is told. @publicApi */
export interface MaintenanceWindowCancelOptions {
  /** Start of the one occurrence that is cancelled, or ended when it is on. Default: all of them. */
  occurrence?: Date;
  /** For operators only. */
  reason?: string | null;
  /** For operators only: who cancels it. */
  actor?: string | null;
  /** Only if the window is still at that revision. Default: whatever it is. */
  ifRevision?: number;
}

export const SCHEDULE_OPTIONS: readonly string[] = [
  'start',
  'end',
  'duration',
  'repeat',
  'announce',
  'announcement',
  'message',
  'reason',
  'actor',
] satisfies (keyof MaintenanceWindowOptions)[];

export const UPDATE_OPTIONS: readonly string[] = [...SCHEDULE_OPTIONS, 'ifRevision'];

export const CANCEL_OPTIONS: readonly string[] = [
  'occurrence',
  'reason',
  'actor',
  'ifRevision',
] satisfies (keyof MaintenanceWindowCancelOptions)[];
