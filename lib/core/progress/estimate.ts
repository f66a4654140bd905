/** The most that is shown before the end. */
export const MOST = 0.99;
/** What is shown when the expected length is over; from there it goes on ever slower. */
const AT_EXPECTED = 0.95;
/** How much of a new estimate counts against those before. */
const WEIGHT = 0.3;
/** Milliseconds before which a report says nothing about speed: work may continue where it left off. */
const MEASURABLE = 1_000;

/** How far work probably is of which only the expected length is known: it never stands still, and never gets to the end. */
export function estimateValue(elapsed: number, expected: number): number {
  const part = Math.max(0, elapsed) / expected;
  return part <= 1 ? AT_EXPECTED * part : AT_EXPECTED + (MOST - AT_EXPECTED) * (1 - Math.exp(1 - part));
}

/** Estimates how long work takes from what it reports, without jumping with each report. */
export class LengthEstimate {
  private length: number | null;

  /** @param expected ms, if anybody has said */
  constructor(expected: number | undefined) {
    this.length = expected ?? null;
  }

  /** The whole length in ms, after a report that so much is done; `null`: unknown. */
  after(value: number, elapsed: number): number | null {
    if (value > 0 && elapsed >= MEASURABLE) {
      const observed = elapsed / value;
      // the further it is, the more its own speed counts
      const weight = Math.max(WEIGHT, value);
      this.length = this.length === null ? observed : this.length + weight * (observed - this.length);
    }
    return this.length;
  }
}
