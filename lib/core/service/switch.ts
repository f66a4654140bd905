import { excludeFromDrain } from '../calls/current-call.js';
import type { Coordinator } from '../cluster/coordinator.js';
import { previewChange, type MaintenanceChange } from '../document/change.js';
import { randomId } from '../document/codec.js';
import type { KeyRecord } from '../document/record.js';
import type { Editor } from '../document/updates.js';
import { MaintenanceConflictError } from '../errors/errors.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { LOCK_LEASE } from '../state/replica-lease.js';
import type { StateManager } from '../state/state-manager.js';
import { leaseOfKey } from '../store/leases.js';
import type { LockWait } from './lock-wait.js';
import type { MaintenanceSetOptions, MaintenanceUnsetOptions } from './set-maintenance-options.js';
import { planSet, planUnset, type SwitchPlan } from './switch-plan.js';

interface Made {
  readonly change: MaintenanceChange;
  /** Number of the write; 0: nothing needed to be written. */
  readonly written: number;
}

/** The operators' switch of each key. */
export class MaintenanceSwitch {
  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
    private readonly coordinator: Coordinator,
    private readonly locks: LockWait,
  ) {}

  /** Turns it on or off; holds stay as they are. */
  async set(key: MaintenanceKey, mode: boolean, options: MaintenanceSetOptions): Promise<MaintenanceChange> {
    const plan = planSet(key, mode, options, this.manager.store.latest());
    const { change, written } = await this.change(key, plan);
    return plan.acknowledge === undefined
      ? change
      : { ...change, ...(await this.coordinator.acknowledged(key.name, written, plan.acknowledge)) };
  }

  /** Forgets the switch and all holds, and ends the window that is on. */
  async unset(key: MaintenanceKey, options: MaintenanceUnsetOptions): Promise<void> {
    await this.change(key, planUnset(options, this.manager.registry.has(key.name)));
  }

  /** Waits for the lock, which is kept until the change is made. */
  private async change(key: MaintenanceKey, plan: SwitchPlan): Promise<Made> {
    plan.patience.signal?.throwIfAborted();
    if (plan.patience.blocking === 0) {
      return this.make(key, plan);
    }
    const include = excludeFromDrain();
    try {
      const { name } = key;
      const request = { names: [leaseOfKey(name)], key: name, token: randomId(), lease: LOCK_LEASE };
      const lock = await this.locks.take(request, plan.patience);
      try {
        return await this.make(key, plan);
      } finally {
        await lock.giveBack();
      }
    } finally {
      include();
    }
  }

  /** Asks hooks, writes, notifies. */
  private async make(key: MaintenanceKey, plan: SwitchPlan): Promise<Made> {
    const { manager, hooks } = this;
    const { cause, words, callHooks, ifRevision, edit } = plan;
    const preview = (editor: Editor): MaintenanceChange =>
      previewChange(manager.document, key.name, editor, { cause, ...words }, manager.store.now());
    // the future state is computed only if a hook asks
    if (callHooks && hooks.has('changing', key.name)) {
      await this.requireRevision(key, ifRevision);
      await hooks.ask(preview(edit));
    }
    const editor: Editor = (record, now) => {
      checkRevision(key, record, ifRevision);
      return edit(record, now);
    };
    const written = await manager.write(key.name, editor);
    const change = written ?? preview(() => null);
    if (callHooks && change.from !== change.to) {
      await hooks.notify(change.to ? 'entering' : 'exiting', change);
    }
    return { change, written: written?.revision ?? 0 };
  }

  /** Hooks are not asked about a change that would not be made. */
  private async requireRevision(key: MaintenanceKey, expected: number | undefined): Promise<void> {
    const { manager } = this;
    const known = (): KeyRecord | undefined => manager.document?.keys.get(key.name);
    if (!isAt(known(), expected)) {
      await manager.refresh();
      checkRevision(key, known(), expected);
    }
  }
}

/** Whether a record is at the revision that a caller expects, if any. */
const isAt = (record: KeyRecord | undefined, expected: number | undefined): boolean =>
  expected === undefined || (record?.change.revision ?? 0) === expected;

function checkRevision(
  key: MaintenanceKey,
  record: KeyRecord | undefined,
  expected: number | undefined,
): void {
  if (!isAt(record, expected)) {
    throw new MaintenanceConflictError(key.name);
  }
}
