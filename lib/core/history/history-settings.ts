import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

/** Entries that are kept by default. */
export const HISTORY_KEEP = 1_000;

/** The most that can be kept; the default of a process that does not know how many the application wants. */
export const MOST_KEPT = 100_000;

/** How entries are kept, and who gets them. */
export interface HistorySettings {
  readonly keep: number;
  readonly sink?: ((entry: MaintenanceHistoryEntry) => unknown) | undefined;
}
