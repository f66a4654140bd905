import type { ChangeRecord } from '../document/record.js';
import type { StateManager } from '../state/state-manager.js';
import type { Presence } from '../store/store.js';

/**
 * The documents that contain a change: the one known when the wait for it begins, and what is known at each look after.
 * They are told apart by their write ids, since after a failover two documents may have the same revision.
 */
export class AcknowledgedWrites {
  private readonly writes = new Set<string>();
  private readonly history: string | undefined;
  private readonly change: ChangeRecord | undefined;

  /** @param revision of the change; a store that has lost it holds something older, which does not count */
  constructor(
    private readonly manager: StateManager,
    private readonly key: string,
    private readonly revision: number,
  ) {
    this.history = manager.document?.history;
    const change = manager.document?.keys.get(key)?.change;
    this.change = change?.revision === revision ? change : undefined;
    this.look();
  }

  /** What is known now contains the change, too. */
  look(): void {
    const { document } = this.manager;
    const now = document?.keys.get(this.key)?.change;
    // what was united with another history has the change itself
    const united = now !== undefined && now.revision === this.change?.revision && now.at === this.change.at;
    const follows = document?.history === this.history && (document?.revision ?? 0) >= this.revision;
    if (united || (follows && this.keeps(now))) {
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
