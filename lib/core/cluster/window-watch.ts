import { toChange, type MaintenanceChange } from '../document/change.js';
import type { AnnouncedChange } from '../document/seen-change.js';
import { describeOccurrence } from '../document/describe-record.js';
import { revisionOf } from '../document/record.js';
import { endOfOccurrence } from '../history/arisen.js';
import { whatHappened } from '../history/what-happened.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceEvent } from '../hooks/maintenance-event.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { OFF, type MaintenanceOccurrence, type MaintenanceState } from '../keys/maintenance-state.js';
import { isOnBefore } from '../windows/beginnings.js';
import { messageFrom } from '../texts/maintenance-text.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** The cause of what happens by itself. */
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

  /** Windows that have begun. */
  private look(): void {
    for (const { key, state } of this.manager.snapshot.active) {
      const { window } = state;
      if (window) {
        // if the key was on before for another reason, nothing is entered; that is recorded, since the reason may be forgotten while the window is on
        const wasOn = this.isOnBefore(key, window);
        const isEntered = (): boolean => !wasOn && !this.isOnBefore(key, window);
        this.see('entering', key.name, window, () => this.entering(key, window), {
          calls: isEntered,
        });
      }
    }
    for (const { key, occurrence } of this.manager.snapshot.upcoming) {
      this.see('announced', key.name, occurrence, () => this.announced(key, occurrence));
    }
  }

  /** Windows that are over. */
  private hear({ change, ended }: AnnouncedChange): void {
    if (!ended) {
      return;
    }
    const occurrence = describeOccurrence(ended);
    const told = { ...change, window: occurrence };
    const event =
      !change.to && change.cause === 'window'
        ? 'exiting'
        : change.to && change.until === null
          ? 'overrun'
          : undefined;
    if (event) {
      const entry = { ...endOfOccurrence(change.key, ended), event } as const;
      const isTrue = async (): Promise<boolean> => (await whatHappened(this.manager, entry))?.event === event;
      this.see(event, change.key, occurrence, () => told, { isTrue });
    }
  }

  private isOnBefore({ name }: MaintenanceKey, { start }: MaintenanceOccurrence): boolean {
    const record = this.manager.document?.keys.get(name);
    return record !== undefined && isOnBefore(record, start.getTime());
  }

  /**
   * @param change what hooks get; `undefined` if it no longer applies
   * @param more whether they are called, and whether it is true by what the store says
   */
  private see(
    event: PlannedEvent,
    key: string,
    { id, start }: MaintenanceOccurrence,
    change: () => MaintenanceChange | undefined,
    { calls, isTrue }: { calls?: () => boolean; isTrue?: () => Promise<boolean> } = {},
  ): void {
    if (!this.hooks.has(event, key)) {
      return;
    }
    this.once.see({
      name: `${event}:${id}:${start.getTime()}`,
      isDue: () => change() !== undefined,
      ...(isTrue && { isTrue }),
      run: async () => {
        const told = change();
        if (told && calls?.() !== false) {
          await this.hooks.notify(event, told);
        }
      },
    });
  }

  private entering(key: MaintenanceKey, { id, start }: MaintenanceOccurrence): MaintenanceChange | undefined {
    const state = this.manager.current(key);
    const { window } = state;
    return window?.id === id && window.start.getTime() === start.getTime()
      ? this.change(key, state, window, window.start.getTime())
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
    // nothing has changed yet
    return found && { ...this.change(key, state, found, this.manager.store.now()), from: state.value };
  }

  private change(
    { name }: MaintenanceKey,
    state: MaintenanceState,
    window: MaintenanceOccurrence,
    at: number,
  ): MaintenanceChange {
    const { reason, actor } = state;
    const revision = revisionOf(this.manager.document, name);
    const told = { cause: 'window', message: messageFrom(state), reason, actor, revision, at } as const;
    return { ...toChange(name, OFF, state, told), window };
  }
}
