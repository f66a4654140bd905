import { stateOf, toChange } from '../document/change.js';
import { describeHolder } from '../document/describe-record.js';
import { isOn, lateAt, type HoldRecord, type Notice } from '../document/record.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/**
 * Calls hooks for what takes longer than expected or announced, on one process of the cluster. For planned windows see `WindowWatch`.
 */
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
        const past = this.passed(key.name);
        if (past) {
          const end = past.until;
          const isDue = (): boolean => this.passed(key.name)?.until === end;
          this.once.see({ name: `overrun:${key.name}:${end}`, isDue, run: () => this.tellPassed(key.name) });
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

  /** The switch whose announced end is over, where something keeps the key on of which no end is known. */
  private passed(key: string): Notice | undefined {
    const now = this.manager.store.now();
    const record = this.manager.document?.keys.get(key);
    const ended = record?.switch;
    const isPast = ended?.announced === true && ended.until !== null && ended.until <= now;
    return isPast && isOn(record, now) && stateOf(record, now).until === null ? ended : undefined;
  }

  private async tellPassed(key: string): Promise<void> {
    const record = this.manager.document?.keys.get(key);
    const past = this.passed(key);
    if (!record || !past) {
      return;
    }
    const { message, reason, actor, until } = past;
    const at = until ?? this.manager.store.now();
    const told = { cause: 'expiry', message, reason, actor, revision: record.change.revision, at } as const;
    await this.hooks.notify('overrun', toChange(key, stateOf(record, at - 1), stateOf(record, at), told));
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
