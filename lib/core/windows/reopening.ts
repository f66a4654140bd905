/** How visitors come back: spread evenly over a time, by the clock of the store. Epoch ms. */
export interface Reopening {
  readonly from: number;
  readonly until: number;
}

/** The longest reopening in ms: it is remembered that long how a window ended. */
export const LONGEST_REOPENING = 24 * 3_600_000;

/**
 * When a visitor comes back.
 * @param place in the line, from 0 (the first) to 1
 */
export const momentOf = ({ from, until }: Reopening, place: number): number => from + place * (until - from);

/**
 * A reopening that continues over another time from now on. Visitors who are in stay in.
 * @param over ms that it still takes
 */
export function continued(reopening: Reopening, now: number, over: number): Reopening {
  const share = (now - reopening.from) / (reopening.until - reopening.from);
  const until = Math.ceil(now + over);
  // the old line and the new one meet now; earlier by a fraction, so that nobody is put out again
  return over === 0 || share >= 1
    ? { from: Math.floor(now), until: Math.floor(now) }
    : { from: Math.floor(until - (until - now) / (1 - share)), until };
}
