import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../options/options.js';
import { OPTIONS } from '../options/tokens.js';

/** How many pages this replica keeps up to date, and over what time they spread their reloads. */
@Injectable()
export class LiveClients {
  private readonly counts: (() => number)[] = [];

  constructor(@Inject(OPTIONS) private readonly options: Pick<ResolvedOptions, 'reloadRate'>) {}

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
