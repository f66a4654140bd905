import type { ChangeRecord } from '../state/record.js';
import type { StateKeeper } from '../state/state-keeper.js';
import type { Presence } from '../state/store.js';

/**
 * The documents that contain a change: the one known when the wait for it begins, and what is known at each look after.
 * They are told apart by their write ids, since after a failover two documents may have the same revision.
 */
export class Lineage {
  private readonly writes = new Set<string>();
  private readonly history: string | undefined;
  private readonly change: ChangeRecord | undefined;

  /** @param revision of the change; a store that has lost it holds something older, which does not count */
  constructor(
    private readonly keeper: StateKeeper,
    private readonly key: string,
    private readonly revision: number,
  ) {
    this.history = keeper.document?.history;
    const change = keeper.document?.keys.get(key)?.change;
    this.change = change?.revision === revision ? change : undefined;
    this.look();
  }

  /** What is known now contains the change, too. */
  look(): void {
    const { document } = this.keeper;
    if (
      document?.history === this.history &&
      (document?.revision ?? 0) >= this.revision &&
      this.keeps(document?.keys.get(this.key)?.change)
    ) {
      this.writes.add(document?.write ?? '');
    }
  }

  /** Is it the change itself, or one made after it: somebody who did not know it may have gone on to its revision. */
  private keeps(now: ChangeRecord | undefined): boolean {
    const { change } = this;
    return (
      !change ||
      (now !== undefined &&
        (now.revision > change.revision || (now.revision === change.revision && now.at === change.at)))
    );
  }

  /** Has a replica applied the change. */
  includes({ write }: Pick<Presence, 'write'>): boolean {
    return this.writes.has(write);
  }
}
