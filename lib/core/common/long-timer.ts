/** The longest delay `setTimeout` takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** One timer for an instant however far away. Does not keep the process alive. */
export class LongTimer {
  private timer: NodeJS.Timeout | undefined;

  /**
   * Calls back once the clock has reached the instant; replaces what was set before.
   * @param now the clock by which the instant is measured
   */
  set(instant: number, now: () => number, callback: () => void): void {
    this.clear();
    if (instant === Infinity) {
      return;
    }
    const left = Math.max(0, Math.ceil(instant - now()));
    this.timer = setTimeout(
      () => (now() >= instant ? callback() : this.set(instant, now, callback)),
      Math.min(left, LONGEST),
    ).unref();
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
