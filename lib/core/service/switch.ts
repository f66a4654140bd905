import type { HookRunner } from '../hooks/hook-runner.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import {
  blockingOption,
  checkFlag,
  checkOptionNames,
  checkWhole,
  signalOption,
  parseEnd,
  reopenOverOption,
  textOption,
  type MaintenanceEnd,
} from './call-options.js';
import { MaintenanceConfigurationError, MaintenanceConflictError } from '../errors/errors.js';
import { SET_OPTIONS, type MaintenanceSetOptions } from './set-maintenance-options.js';
import type { Coordinator } from '../cluster/coordinator.js';
import { previewChange, stateOf, type MaintenanceChange } from '../document/change.js';
import type { Editor } from '../document/updates.js';
import type { KeyRecord, Notice } from '../document/record.js';
import { reopeningAt } from '../document/reopenings.js';
import { beginnings } from '../windows/beginnings.js';
import { withoutCurrent } from '../windows/window-edits.js';
import type { WindowRecord } from '../windows/window-record.js';
import type { StateManager } from '../state/state-manager.js';
import { LOCK_LEASE } from '../state/replica-lease.js';
import { leaseOfKey } from '../store/leases.js';
import { excludeFromDrain } from '../calls/current-call.js';
import { randomId } from '../document/codec.js';
import { visitorTextOption } from '../texts/text-option.js';
import type { LockPatience, LockWait } from './lock-wait.js';

/** A change as it is wished for, before it is written. */
interface PendingChange {
  readonly cause: 'set' | 'unset';
  /** What is said of it where nothing needs to be written. */
  readonly notice: Pick<Notice, 'message' | 'reason' | 'actor'>;
  readonly callHooks: boolean;
  readonly ifRevision: number | undefined;
  /** How long it waits for the key's lock. */
  readonly patience: LockPatience;
  /** What is to be written, whatever the key's revision. */
  readonly edit: Editor;
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
    checkFlag('mode', mode);
    checkOptionNames('setMaintenance', options, SET_OPTIONS);
    const { timeout, until, callHooks = true, acknowledge, ifRevision } = options;
    const window: MaintenanceEnd = {
      ...(timeout !== undefined && timeout !== null && { timeout }),
      ...(until !== undefined && until !== null && { until }),
    };
    parseEnd(window, key.timeout, this.manager.store.now());
    checkFlag('callHooks', callHooks);
    checkWhole('acknowledge', acknowledge, 'whole milliseconds');
    checkWhole('ifRevision', ifRevision, 'the revision of a change');
    const reopenOver = reopenOverOption(options.reopenOver);
    if (mode && reopenOver !== undefined) {
      throw MaintenanceConfigurationError.of(
        'reopenOver',
        reopenOver,
        'it together with setMaintenance(false) only',
      );
    }
    const given = {
      message: visitorTextOption('message', options.message),
      reason: textOption('reason', options.reason),
      actor: textOption('actor', options.actor),
    };
    /** What is not given of a key that is on stays as it is; who says it is always the one who says it now. */
    const noticeAfter = (on: Notice | null | undefined): PendingChange['notice'] => ({
      message: options.message === undefined && mode ? (on?.message ?? null) : given.message,
      reason: options.reason === undefined && mode ? (on?.reason ?? null) : given.reason,
      actor: given.actor,
    });
    const keepsEnd = timeout === undefined && until === undefined;
    const edit: Editor = (record, now) => {
      const on = record?.switch;
      const windows = mode ? null : withoutCurrent(record?.windows, now);
      const reopening = record && reopeningAt(record, now);
      const held = record !== undefined && record.holds.length > 0;
      if (!mode && !on && !windows && !reopening && !(held && reopenOver !== undefined)) {
        return null;
      }
      const notice = noticeAfter(on);
      const end =
        on && keepsEnd ? { until: on.until, announced: on.announced } : parseEnd(window, key.timeout, now);
      // a key that is held has been in maintenance since then
      const since = Math.min(Math.floor(now), ...beginnings(record, now));
      return {
        switch: mode ? { ...notice, ...end, since } : null,
        holds: record?.holds ?? [],
        ...(windows && { windows }),
        cause: 'set',
        ...(mode ? orWordsOfOthers(notice, record, now) : notice),
        hooks: callHooks,
        // off is off, unless it is said how
        ...reopensAfter(mode, reopenOver, reopening !== undefined),
      };
    };
    const change = await this.change(key, {
      cause: 'set',
      notice: given,
      callHooks,
      ifRevision,
      patience: { blocking: blockingOption(options.blocking), signal: signalOption(options.signal) },
      edit,
    });
    return acknowledge === undefined
      ? change
      : { ...change, ...(await this.coordinator.acknowledged(change, acknowledge)) };
  }

  /** Forgets the switch and all holds, and ends the window that is on. */
  async unset(
    key: MaintenanceKey,
    { ifRevision, actor }: Pick<MaintenanceSetOptions, 'ifRevision' | 'actor'>,
  ): Promise<void> {
    checkWhole('ifRevision', ifRevision, 'the revision of a change');
    const notice = { message: null, reason: null, actor: textOption('actor', actor) };
    await this.change(key, {
      cause: 'unset',
      notice,
      callHooks: true,
      ifRevision,
      patience: { blocking: 0, signal: undefined },
      edit: (record, now) => {
        const windows = this.windowsAfterUnset(key, record, now);
        const isRecorded =
          record && (windows || record.switch || record.holds.length > 0 || reopeningAt(record, now));
        return isRecorded
          ? {
              switch: null,
              holds: [],
              ...(windows && { windows }),
              cause: 'unset',
              ...notice,
              hooks: true,
              reopenOver: 0,
            }
          : null;
      },
    });
  }

  /** Later windows stay, but for a key that nobody knows any more; `null` when nothing changes. */
  private windowsAfterUnset(
    key: MaintenanceKey,
    record: KeyRecord | undefined,
    now: number,
  ): readonly WindowRecord[] | null {
    return this.manager.registry.has(key.name) || !record?.windows?.length
      ? withoutCurrent(record?.windows, now)
      : [];
  }

  /** Waits for the lock, which is kept until the change is made. */
  private async change(key: MaintenanceKey, wish: PendingChange): Promise<MaintenanceChange> {
    wish.patience.signal?.throwIfAborted();
    if (wish.patience.blocking === 0) {
      return this.make(key, wish);
    }
    const include = excludeFromDrain();
    try {
      const { name } = key;
      const request = { names: [leaseOfKey(name)], key: name, token: randomId(), lease: LOCK_LEASE };
      const lock = await this.locks.take(request, wish.patience);
      try {
        return await this.make(key, wish);
      } finally {
        await lock.giveBack();
      }
    } finally {
      include();
    }
  }

  /** Asks, writes, tells. */
  private async make(key: MaintenanceKey, wish: PendingChange): Promise<MaintenanceChange> {
    const { manager, hooks } = this;
    const { cause, notice, ifRevision, edit } = wish;
    const preview = (editor: Editor): MaintenanceChange =>
      previewChange(manager.document, key.name, editor, { cause, ...notice }, manager.store.now());
    if (wish.callHooks) {
      await hooks.ask(preview(edit));
    }
    const editor: Editor = (record, now) => {
      checkRevision(key, record, ifRevision);
      return edit(record, now);
    };
    const change = (await manager.write(key.name, editor)) ?? preview(() => null);
    if (wish.callHooks && change.from !== change.to) {
      await hooks.notify(change.to ? 'entering' : 'exiting', change);
    }
    return change;
  }
}

/** What is said after an operator's change: of a key that is held, or in a planned window, their words where the operator has none. */
function orWordsOfOthers(
  { message, reason, actor }: PendingChange['notice'],
  record: KeyRecord | undefined,
  now: number,
): PendingChange['notice'] {
  const others = stateOf(record && { ...record, switch: null }, now);
  return { message: message ?? others.message, reason: reason ?? others.reason, actor };
}

/** @param reopening are visitors coming back already */
function reopensAfter(mode: boolean, given: number | undefined, reopening: boolean): { reopenOver?: number } {
  const over = mode || (reopening && given === undefined) ? 0 : given;
  return over === undefined ? {} : { reopenOver: over };
}

function checkRevision(
  key: MaintenanceKey,
  record: KeyRecord | undefined,
  expected: number | undefined,
): void {
  if (expected !== undefined && (record?.change.revision ?? 0) !== expected) {
    throw new MaintenanceConflictError(key.name);
  }
}
