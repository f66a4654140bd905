/** Redis' clock, continued by the monotonic clock: neither a jump of this machine's clock nor its skew matters. */
export class RedisClock {
  /** The difference to the monotonic clock, or somewhat less: never more. */
  private offset: number | undefined;
  /** The same, or somewhat more: never less. */
  private mostOffset = 0;

  /** Whether Redis has answered yet; before that, this machine's clock stands in for it. */
  get heard(): boolean {
    return this.offset !== undefined;
  }

  /** Epoch ms. Never runs backwards, unless Redis' own clock did. */
  now(): number {
    return this.offset === undefined ? Date.now() : this.offset + performance.now();
  }

  /** The latest that it may show now: it is between this and {@link now}, which differ by a round trip at most. */
  latest(): number {
    return this.heard ? this.mostOffset + performance.now() : Date.now();
  }

  /**
   * @param told the time that Redis reported, some time between question and answer
   * @param asked monotonic moment of the question; the answer has just arrived
   */
  hear(told: number, asked: number): void {
    const least = told - performance.now();
    // Redis reported whole milliseconds
    const most = told + 1 - asked;
    if (this.offset === undefined || this.mostOffset < least || this.mostOffset > most) {
      this.mostOffset = most;
    }
    if (this.offset === undefined || this.offset < least || this.offset > most) {
      this.offset = least;
    }
  }
}
