import { previewChange, type MaintenanceChange } from '../document/change.js';
import { describeOccurrence } from '../document/describe-record.js';
import { randomId } from '../document/codec.js';
import { revisionOf } from '../document/record.js';
import type { Editor } from '../document/updates.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { StateManager } from '../state/state-manager.js';
import { unlessInConflict } from '../state/unless-in-conflict.js';
import { toWindow, type MaintenanceWindow } from '../windows/maintenance-window.js';
import type { Occurrence } from '../windows/occurrences.js';
import {
  CANCEL_OPTIONS,
  SCHEDULE_OPTIONS,
  UPDATE_OPTIONS,
  type MaintenanceWindowCancelOptions,
  type MaintenanceWindowOptions,
  type MaintenanceWindowChanges,
} from '../windows/window-options.js';
import { planWindow } from '../windows/window-plan.js';
import type { WindowRecord } from '../windows/window-record.js';
import { checkOptionNames, textOption } from './call-options.js';
import { findWindow } from './find-window.js';
import { WindowList } from './window-list.js';
import {
  withCancelled,
  withChanged,
  withPlanned,
  withRestored,
  type Plan,
  type Planned,
  type RestoredWindow,
} from './window-plans.js';

type Words = Pick<WindowRecord, 'message' | 'reason' | 'actor'>;

/** Plans, changes and cancels windows. */
export class PlannedWindows {
  readonly list: WindowList;

  constructor(
    private readonly manager: StateManager,
    private readonly hooks: HookRunner,
  ) {
    this.list = new WindowList(manager);
  }

  async schedule(key: MaintenanceKey, options: MaintenanceWindowOptions): Promise<MaintenanceWindow> {
    checkOptionNames('scheduleWindow', options, SCHEDULE_OPTIONS);
    const id = randomId();
    return this.set(key, (windows, now) => withPlanned(key.name, windows, planWindow(options, id, now), now));
  }

  async update(id: string, options: MaintenanceWindowChanges): Promise<MaintenanceWindow> {
    checkOptionNames('updateWindow', options, UPDATE_OPTIONS);
    const { ifRevision, ...changes } = options;
    const key = await this.list.keyOf(id);
    return this.set(key, (windows, now) => {
      const before = findWindow(key, windows, id, now, ifRevision);
      return withChanged(key.name, windows, before, planWindow(changes, id, now, before), now);
    });
  }

  async cancel(id: string, options: MaintenanceWindowCancelOptions): Promise<void> {
    checkOptionNames('cancelWindow', options, CANCEL_OPTIONS);
    const reason = textOption('reason', options.reason);
    const actor = textOption('actor', options.actor);
    const key = await this.list.keyOf(id);
    const plan: Plan = (windows, now) => {
      const window = findWindow(key, windows, id, now, options.ifRevision);
      return withCancelled(windows, window, options.occurrence, now);
    };
    await this.write(key, 'cancelled', plan, () => ({ message: null, reason, actor }));
  }

  /**
   * Puts a window back as it was, and the switch if it was turned off with it.
   * @throws MaintenanceConflictError when somebody has changed the key since, it is over, or it overlaps another
   */
  async restore(
    key: MaintenanceKey,
    window: RestoredWindow,
    actor: string | null,
  ): Promise<MaintenanceWindow> {
    return this.set(key, (windows, now, revision) =>
      withRestored(key.name, windows, window, revision, actor, now),
    );
  }

  private async set(key: MaintenanceKey, plan: Plan): Promise<MaintenanceWindow> {
    const occurrence = await this.write(key, 'scheduled', plan, wordsOf, ({ start, end }) => ({
      // hooks are asked about what will be
      to: true,
      until: new Date(end),
      endsAt: new Date(end),
      at: new Date(start),
    }));
    return toWindow(key.name, occurrence, this.manager.store.now());
  }

  /** What a plan comes to by what is known. */
  private plannedNow(key: MaintenanceKey, plan: Plan): Planned {
    const { document, store } = this.manager;
    return plan(document?.keys.get(key.name)?.windows ?? [], store.now(), revisionOf(document, key.name));
  }

  /**
   * Asks hooks, writes, notifies.
   * @param words what the change carries
   * @param asked what hooks are asked about, besides what it comes to now
   */
  private async write(
    key: MaintenanceKey,
    event: 'scheduled' | 'cancelled',
    plan: Plan,
    words: (occurrence: Occurrence) => Words,
    asked?: (occurrence: Occurrence) => Partial<MaintenanceChange>,
  ): Promise<Occurrence> {
    const { manager, hooks } = this;
    let planned = unlessInConflict(() => this.plannedNow(key, plan));
    if (!planned || planned.unchanged) {
      // somebody else may have changed it: then there is something to write after all, or no conflict any more
      await manager.refresh();
      planned = this.plannedNow(key, plan);
    }
    if (planned.unchanged) {
      return planned.occurrence;
    }
    const { document, store } = manager;
    const editor: Editor = (record, moment) => {
      planned = plan(record?.windows ?? [], moment, record?.change.revision ?? 0);
      if (planned.unchanged) {
        return null;
      }
      return {
        switch: planned.switch ?? record?.switch ?? null,
        holds: record?.holds ?? [],
        windows: planned.windows,
        cause: 'window',
        ...words(planned.occurrence),
        hooks: true,
        planned: { event, occurrence: planned.occurrence },
      };
    };
    const told = { cause: 'window', ...words(planned.occurrence) } as const;
    const preview = previewChange(document, key.name, editor, told, store.now());
    const expected = planned.occurrence;
    await hooks.ask({ ...preview, ...asked?.(expected), window: describeOccurrence(expected) });
    const change = (await manager.write(key.name, editor)) ?? preview;
    // of the attempt that was written
    const { occurrence, resumes, unchanged } = planned;
    if (unchanged) {
      return occurrence;
    }
    // a window that was on is over, or begins later
    if (change.from && !change.to) {
      await hooks.notify('exiting', change);
    } else if (resumes && !change.from && change.to) {
      await hooks.notify('entering', change);
    }
    await hooks.notify(event, { ...change, window: describeOccurrence(occurrence) });
    return occurrence;
  }
}

const wordsOf = ({ window: { message, reason, actor } }: Occurrence): Words => ({ message, reason, actor });
