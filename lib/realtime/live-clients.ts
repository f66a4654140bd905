import type { ResolvedOptions } from '../options/options.js';

/** How many pages this replica keeps up to date, and over what time they spread their reloads. */
export class LiveClients {
  private readonly counts: (() => number)[] = [];

  constructor(private readonly options: Pick<ResolvedOptions, 'reloadRate'>) {}

  /** Includes the clients of a channel in the count. */
  include(count: () => number): void {
    this.counts.push(count);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count(), 0);
  }

  /** Milliseconds. */
  get spread(): number {
    return Math.ceil((this.count / this.options.reloadRate) * 1000);
  }
}
