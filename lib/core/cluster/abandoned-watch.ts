import { toChange, type Told } from '../document/change.js';
import { describeHolder } from '../document/describe-record.js';
import { revisionOf } from '../document/record.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import { createEntry, toNote } from '../history/entry-record.js';
import type { MaintenanceHold, MaintenanceState } from '../keys/maintenance-state.js';
import type { ActiveKey } from '../state/snapshot.js';
import type { StateManager } from '../state/state-manager.js';
import { messageFrom } from '../texts/maintenance-text.js';
import type { OncePerCluster } from './once-per-cluster.js';

/**
 * Milliseconds that a hold must look abandoned before that is reported: after a restart of Redis, live holders renew their
 * leases within that time.
 */
const SETTLED = 3_000;
/** Milliseconds between two looks while one does. */
const LOOK_INTERVAL = 500;

/** Reports a dead holder: in the log and the history on one process of the cluster, and to hooks on one that has such a hook. */
export class AbandonedWatch {
  /** Since when holds look abandoned, on the monotonic clock. */
  private readonly since = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param error writes to the log */
  constructor(
    private readonly manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly hooks: HookRunner,
    private readonly error: (message: string) => void,
  ) {
    manager.updates.subscribe(() => this.look());
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private look(): void {
    clearTimeout(this.timer);
    if (this.stopped) {
      return;
    }
    const now = performance.now();
    const found = this.find();
    for (const id of this.since.keys()) {
      if (!found.has(id)) {
        this.since.delete(id);
      }
    }
    for (const [id, { active, hold }] of found) {
      const begun = this.since.get(id) ?? now;
      this.since.set(id, begun);
      if (now - begun >= SETTLED && this.manager.list.knowsAll) {
        const isDue = (): boolean => this.find().has(id);
        this.once.see({ name: `abandoned:${id}`, isDue, run: () => this.log(active, hold) });
        this.once.see({ name: `history:abandoned:${id}`, isDue, run: () => this.note(active, hold) });
        // a worker or another service in the namespace may have none
        if (this.hooks.has('abandoned', active.key.name)) {
          this.once.see({ name: `hooks:abandoned:${id}`, isDue, run: () => this.notify(active, hold) });
        }
      }
    }
    if (found.size > 0) {
      this.timer = setTimeout(() => this.look(), LOOK_INTERVAL).unref();
    }
  }

  private find(): Map<string, { readonly active: ActiveKey; readonly hold: MaintenanceHold }> {
    const found = new Map<string, { active: ActiveKey; hold: MaintenanceHold }>();
    for (const active of this.manager.snapshot.active) {
      for (const hold of active.state.holds) {
        if (hold.abandoned) {
          found.set(hold.id, { active, hold });
        }
      }
    }
    return found;
  }

  private log({ key, state }: ActiveKey, hold: MaintenanceHold): Promise<void> {
    const { host, pid, since } = hold;
    const who = host === null ? 'an unknown process' : `${host}, pid ${pid ?? 'unknown'}`;
    const end = state.endsAt ? `until ${state.endsAt.toISOString()}` : 'until somebody ends it';
    this.error(
      `The holder of maintenance key "${key.name}" (${who}, since ${since.toISOString()}) died; its work may be half done. ` +
        `The key stays on ${end}, or until the next maintain() of this key has done its work.`,
    );
    return Promise.resolve();
  }

  private notify({ key, state }: ActiveKey, hold: MaintenanceHold): Promise<void> {
    return this.hooks.notify('abandoned', {
      ...toChange(key.name, state, state, this.told(key.name, state)),
      holder: describeHolder(hold),
    });
  }

  private async note({ key, state }: ActiveKey, hold: MaintenanceHold): Promise<void> {
    const { manager } = this;
    const entry = createEntry(key.name, state, state, this.told(key.name, state), {
      id: `${key.name}:abandoned:${hold.id}`,
      event: 'abandoned',
      way: 'expiry',
      holder: describeHolder(hold),
    });
    await manager.store.history.add(toNote(entry), manager.deadline());
    manager.history.tell(entry);
  }

  private told(key: string, state: MaintenanceState): Told {
    const { document, store } = this.manager;
    const { reason, actor } = state;
    const message = messageFrom(state);
    return {
      cause: 'maintain',
      message,
      reason,
      actor,
      revision: revisionOf(document, key),
      at: store.now(),
    };
  }
}
