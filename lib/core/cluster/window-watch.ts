import type { MaintenanceChange } from '../document/change.js';
import { revisionOf } from '../document/record.js';
import type { AnnouncedChange } from '../document/seen-change.js';
import { describeOccurrence } from '../document/describe-record.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceEvent } from '../hooks/maintenance-event.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceOccurrence, MaintenanceState } from '../keys/maintenance-state.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** What nobody causes when it happens. */
type PlannedEvent = Extract<MaintenanceEvent, 'announced' | 'entering' | 'exiting' | 'overrun'>;

/**
 * Planned windows start and end by themselves, on every replica. Their hooks run on one process of the cluster that has hooks; a
 * process that starts later makes up for them while they still apply.
 */
export class WindowWatch {
  constructor(
    private readonly manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly hooks: HookRunner,
  ) {
    manager.updates.subscribe(() => this.look());
    manager.changes.subscribe((announced) => this.hear(announced));
  }

  /** What has begun. */
  private look(): void {
    for (const { key, state } of this.manager.snapshot.active) {
      const { window } = state;
      // not where it was on before for another reason
      if (window && state.since?.getTime() === window.start.getTime()) {
        this.see('entering', key.name, window, () => this.entering(key, window));
      }
    }
    for (const { key, occurrence } of this.manager.snapshot.upcoming) {
      this.see('announced', key.name, occurrence, () => this.announced(key, occurrence));
    }
  }

  /** What is over. */
  private hear({ change, ended }: AnnouncedChange): void {
    if (!ended) {
      return;
    }
    const occurrence = describeOccurrence(ended);
    const told = { ...change, window: occurrence };
    if (!change.to && change.cause === 'window') {
      this.see('exiting', change.key, occurrence, () => told);
    } else if (change.to && change.until === null) {
      this.see('overrun', change.key, occurrence, () => told);
    }
  }

  /** @param change what hooks are told; `undefined` when it is not so any more */
  private see(
    event: PlannedEvent,
    key: string,
    { id, start }: MaintenanceOccurrence,
    change: () => MaintenanceChange | undefined,
  ): void {
    if (!this.hooks.has(event, key)) {
      return;
    }
    this.once.see({
      name: `${event}:${id}:${start.getTime()}`,
      isDue: () => change() !== undefined,
      run: async () => {
        const told = change();
        if (told) {
          await this.hooks.notify(event, told);
        }
      },
    });
  }

  private entering(key: MaintenanceKey, { id, start }: MaintenanceOccurrence): MaintenanceChange | undefined {
    const state = this.manager.current(key);
    const { window } = state;
    return window?.id === id && window.start.getTime() === start.getTime()
      ? this.change(key, state, window, { from: false, to: true, at: window.start })
      : undefined;
  }

  private announced(
    key: MaintenanceKey,
    { id, start }: MaintenanceOccurrence,
  ): MaintenanceChange | undefined {
    const state = this.manager.current(key);
    const found = state.upcoming?.find(
      (other) => other.id === id && other.start.getTime() === start.getTime(),
    );
    const at = new Date(this.manager.store.now());
    return found && this.change(key, state, found, { from: state.value, to: state.value, at });
  }

  private change(
    { name }: MaintenanceKey,
    { message, messages, reason, actor, until, endsAt }: MaintenanceState,
    window: MaintenanceOccurrence,
    facts: Pick<MaintenanceChange, 'from' | 'to' | 'at'>,
  ): MaintenanceChange {
    return {
      ...facts,
      key: name,
      cause: 'window',
      message,
      ...(messages && { messages }),
      reason,
      actor,
      until,
      endsAt,
      previous: { message: null, until: null },
      extended: false,
      revision: revisionOf(this.manager.document, name),
      window,
    };
  }
}
