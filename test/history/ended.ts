import type { WindowRecord } from '../../lib/core/windows/window-record.js';

/** A window one occurrence of which has ended early, or was cancelled. */
export const endedAt = (window: WindowRecord, start: number, end: number): WindowRecord => ({
  ...window,
  ended: [[start, end]],
});
