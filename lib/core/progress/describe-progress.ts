import type { HoldRecord, KeyParts } from '../document/record.js';
import { mainText, textsOf } from '../texts/maintenance-text.js';
import { occurrenceFrom } from '../windows/occurrences.js';
import { estimateValue, MOST } from './estimate.js';
import type { MaintenanceProgress } from './maintenance-progress.js';
import type { ProgressRecord } from './progress-record.js';

/**
 * How far the work of a hold is at that moment.
 * @param record what it has reported
 * @param key what else is recorded of its key
 */
export function describeProgress(
  hold: HoldRecord,
  record: ProgressRecord | undefined,
  key: KeyParts,
  now: number,
): MaintenanceProgress | undefined {
  const { since, expected } = hold;
  if (!record && expected === undefined) {
    return undefined;
  }
  const elapsed = now - since;
  const overrun = (expected !== undefined && elapsed > expected) || isPastAnnounced(hold, key, now);
  const end = record?.end ?? (expected === undefined ? null : since + expected);
  const step = record?.step ?? null;
  const steps = textsOf(step);
  return Object.freeze({
    value: Math.min(MOST, record?.value ?? estimateValue(elapsed, expected ?? 1)),
    done: record?.done ?? null,
    total: record?.total ?? null,
    step: mainText(step),
    ...(steps && { steps }),
    // an estimate that is over says nothing more
    remaining: end === null || end <= now ? null : Math.round(end - now),
    overrun,
    public: record?.public ?? false,
  });
}

/** Whether an end that visitors were promised has passed while the work went on. */
function isPastAnnounced({ since }: HoldRecord, { switch: on, windows }: KeyParts, now: number): boolean {
  const ends = [
    on?.announced ? on.until : null,
    ...(windows ?? []).map((window) => occurrenceFrom(window, since)?.end),
  ];
  return ends.some((end) => typeof end === 'number' && end > since && end <= now);
}
