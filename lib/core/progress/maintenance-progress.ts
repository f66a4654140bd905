import type { MaintenanceText, MaintenanceTexts } from '../texts/maintenance-text.js';

/** Progress of work: a fraction from 0 to 1, the amount done of a total, or a percentage from 0 to 100. @publicApi */
export type MaintenanceProgressValue =
  | number
  | {
      /** What is done, in whatever unit. */
      readonly done: number;
      /** The total. */
      readonly total: number;
    }
  | {
      /** 0 to 100. */
      readonly percent: number;
    };

/** Options of `maintenance.progress()`. @publicApi */
export interface MaintenanceProgressOptions {
  /** What the work is doing now, one text or one per language. Default: none. */
  step?: MaintenanceText | null;
  /** Milliseconds that the work still needs. Default: an estimate from its speed. */
  remaining?: number;
  /** Whether visitors see it: on the maintenance page, in ping, on sockets and streams. Operators always do. Default `false`. */
  public?: boolean;
}

/** Progress of the work of a `maintain()`. @publicApi */
export interface MaintenanceProgress {
  /** A fraction from 0 to 0.99, as reported or, before any report, estimated from the expected duration; never 1 before the end. */
  readonly value: number;
  /** The amount done; `null` unless it was reported with a total. */
  readonly done: number | null;
  /** The total; `null` if none was reported. */
  readonly total: number | null;
  /** What the work is doing; `null`: none was reported. */
  readonly step: string | null;
  /** All texts of the step, by language; absent if there is one for all. */
  readonly steps?: MaintenanceTexts;
  /** Estimated milliseconds left; `null`: unknown, also when it takes longer than expected. */
  readonly remaining: number | null;
  /** Whether it takes longer than expected or announced. */
  readonly overrun: boolean;
  /** Whether visitors see it. */
  readonly public: boolean;
}

/** What visitors see of the progress. @publicApi */
export interface MaintenanceVisibleProgress {
  /** A fraction from 0 to 0.99. */
  value: number;
  /** What the work is doing, in the language of the visitor; `null`: none was reported. */
  step: string | null;
  /** Estimated milliseconds left; `null`: unknown. */
  remaining: number | null;
  /** Whether it takes longer than expected or announced. */
  overrun: boolean;
}
