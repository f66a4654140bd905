/** Remembers names for as long as they come up again and again: one that has not come up for a while is forgotten. */
export class RecentNames {
  private recent = new Set<string>();
  private earlier = new Set<string>();
  private turned = performance.now();
  private begun = this.turned;

  /**
   * @param span ms for which a name that does not come up is remembered, at least
   * @param longest ms after which all are forgotten, even if they come up again and again
   */
  constructor(
    private readonly span: number,
    private readonly longest = Infinity,
  ) {}

  get size(): number {
    return this.recent.size + this.earlier.size;
  }

  /** A name comes up. @returns whether it was known */
  see(name: string): boolean {
    const now = performance.now();
    if (now - this.begun >= this.longest) {
      this.recent.clear();
      this.earlier.clear();
      this.begun = this.turned = now;
    } else if (now - this.turned >= this.span) {
      this.earlier = this.recent;
      this.recent = new Set();
      this.turned = now;
    }
    const isKnown = this.recent.has(name) || this.earlier.delete(name);
    this.recent.add(name);
    return isKnown;
  }

  forget(name: string): void {
    this.recent.delete(name);
    this.earlier.delete(name);
  }
}
