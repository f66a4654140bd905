import { previewChange, type MaintenanceChange } from '../document/change.js';
import { isOvertaken, withHold, type LeaseView } from '../document/holds.js';
import type { HoldRecord } from '../document/record.js';
import type { Editor } from '../document/updates.js';
import { MaintenanceLockLostError } from '../errors/errors.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { HoldLease } from '../state/hold-lease.js';
import { LOCK_LEASE } from '../state/replica-lease.js';
import type { StateManager } from '../state/state-manager.js';
import type { MaintainPlan } from './maintain-plan.js';

/** Writes the hold of a `maintain()` into the record of its key. */
export class HoldWriter {
  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
  ) {}

  get leaseView(): LeaseView {
    const { holds, store } = this.manager;
    return { isLive: holds.isLive, exclusive: store.clustered };
  }

  /** Writes while the lease is trusted. @throws MaintenanceLockLostError, MaintenanceStoreError */
  write(
    key: MaintenanceKey,
    id: string,
    { fence, deadline }: HoldLease,
    plan: MaintainPlan,
  ): Promise<MaintenanceChange | null> {
    const { manager } = this;
    const enter: Editor = (record, now) => {
      const hold = this.record(plan, id, fence, now);
      if (isOvertaken(record, hold, this.leaseView)) {
        throw new MaintenanceLockLostError(key.name, 'another process has taken its lock in the meantime');
      }
      return withHold(record, hold, this.leaseView);
    };
    return manager.write(key.name, enter, Math.min(manager.deadline(), deadline));
  }

  /**
   * Asks `changing` hooks once the lock is there: what they said before the wait need not be true any more. If they refuse, the lock
   * is free again.
   */
  async ask(key: MaintenanceKey, id: string, lease: HoldLease, plan: MaintainPlan): Promise<void> {
    if (!this.hooks.has('changing', key.name)) {
      return;
    }
    try {
      await this.hooks.ask(this.preview(key, id, plan));
      plan.signal?.throwIfAborted();
      lease.signal.throwIfAborted();
    } catch (error) {
      await lease.giveBack();
      throw error;
    }
  }

  private preview(key: MaintenanceKey, id: string, plan: MaintainPlan): MaintenanceChange {
    const { document, store } = this.manager;
    const enter: Editor = (record, now) => withHold(record, this.record(plan, id, 0, now), this.leaseView);
    return previewChange(document, key.name, enter, { cause: 'maintain', ...plan.notice }, store.now());
  }

  private record(plan: MaintainPlan, id: string, fence: number, now: number): HoldRecord {
    const { id: owner, host, pid } = this.manager.replica;
    return {
      ...plan.notice,
      ...plan.end(now),
      since: Math.floor(now),
      id,
      owner,
      host,
      pid,
      fence,
      locked: plan.lock,
      draining: plan.drain !== false,
      ...(plan.lease !== LOCK_LEASE && { lease: plan.lease }),
      ...(plan.expected !== undefined && { expected: plan.expected }),
    };
  }
}
