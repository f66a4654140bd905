import { stateOf, toChange } from '../document/change.js';
import { describeHolder } from '../document/describe-record.js';
import { lateAt, type HoldRecord } from '../document/record.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** Calls hooks for work that takes longer than expected, on one process of the cluster. */
export class OverrunWatch {
  constructor(
    private readonly manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly hooks: HookRunner,
  ) {
    manager.updates.subscribe(() => this.look());
  }

  private look(): void {
    for (const { key } of this.manager.snapshot.active) {
      if (this.hooks.has('overrun', key.name)) {
        for (const { id } of this.late(key.name)) {
          const isDue = (): boolean => this.late(key.name).some((hold) => hold.id === id);
          this.once.see({ name: `overrun:${id}`, isDue, run: () => this.tell(key.name, id) });
        }
      }
    }
  }

  private late(key: string): readonly HoldRecord[] {
    const now = this.manager.store.now();
    return (this.manager.document?.keys.get(key)?.holds ?? []).filter(
      (hold) => lateAt(hold) <= now && (hold.until === null || now < hold.until),
    );
  }

  private async tell(key: string, id: string): Promise<void> {
    const hold = this.late(key).find((late) => late.id === id);
    const record = this.manager.document?.keys.get(key);
    if (!hold || !record) {
      return;
    }
    const { message, reason, actor } = hold;
    const { revision } = record.change;
    const state = stateOf(record, this.manager.store.now());
    const told = { cause: 'maintain', message, reason, actor, revision, at: lateAt(hold) } as const;
    await this.hooks.notify('overrun', {
      ...toChange(key, state, state, told),
      holder: describeHolder(hold),
    });
  }
}
