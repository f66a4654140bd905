import type { StateKeeper } from '../state/state-keeper.js';
import type { Presence } from '../state/store.js';

/**
 * The documents that contain a change: the one known when the wait for it begins, and what is known at each look after.
 * They are told apart by their write ids, since after a failover two documents may have the same revision.
 */
export class Lineage {
  private readonly writes = new Set<string>();
  private readonly history: string | undefined;

  /** @param revision of the change; a store that has lost it holds something older, which does not count */
  constructor(
    private readonly keeper: StateKeeper,
    private readonly revision: number,
  ) {
    this.history = keeper.document?.history;
    this.look();
  }

  /** What is known now contains the change, too. */
  look(): void {
    const { document } = this.keeper;
    if (document?.history === this.history && (document?.revision ?? 0) >= this.revision) {
      this.writes.add(document?.write ?? '');
    }
  }

  /** Has a replica applied the change. */
  includes({ write }: Pick<Presence, 'write'>): boolean {
    return this.writes.has(write);
  }
}
