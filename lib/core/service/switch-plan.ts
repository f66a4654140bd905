import { stateOf } from '../document/change.js';
import type { KeyRecord, Notice } from '../document/record.js';
import { reopeningAt, reopensOver } from '../document/reopenings.js';
import type { Edit, Editor } from '../document/updates.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { messageFrom } from '../texts/maintenance-text.js';
import { visitorTextOption } from '../texts/text-option.js';
import { beginnings } from '../windows/beginnings.js';
import { withoutCurrent } from '../windows/window-edits.js';
import {
  blockingOption,
  checkFlag,
  checkOptionNames,
  checkWhole,
  parseEnd,
  reopenOverOption,
  signalOption,
  textOption,
  type MaintenanceEnd,
} from './call-options.js';
import type { LockPatience } from './lock-wait.js';
import {
  SET_OPTIONS,
  UNSET_OPTIONS,
  type MaintenanceSetOptions,
  type MaintenanceUnsetOptions,
} from './set-maintenance-options.js';

type Words = Pick<Notice, 'message' | 'reason' | 'actor'>;

/** A checked change of the switch, before it is written. */
export interface SwitchPlan {
  readonly cause: 'set' | 'unset';
  /** The change to report if nothing needs to be written. */
  readonly words: Words;
  readonly callHooks: boolean;
  readonly ifRevision: number | undefined;
  /** How long it waits for the key's lock. */
  readonly patience: LockPatience;
  /** Milliseconds to wait for other replicas; `undefined`: not at all. */
  readonly acknowledge: number | undefined;
  /** The edit, whatever the key's revision. */
  readonly edit: Editor;
}

/**
 * Turns a key on or off; holds stay as they are.
 * @param latest epoch ms that the store's clock may show by now: what is over by then is past
 * @throws MaintenanceConfigurationError
 */
export function planSet(
  key: MaintenanceKey,
  mode: boolean,
  options: MaintenanceSetOptions,
  latest: number,
): SwitchPlan {
  checkFlag('mode', mode);
  checkOptionNames('setMaintenance', options, SET_OPTIONS);
  const { timeout, until, callHooks = true, acknowledge, ifRevision } = options;
  const end: MaintenanceEnd = {
    ...(timeout !== undefined && timeout !== null && { timeout }),
    ...(until !== undefined && until !== null && { until }),
  };
  parseEnd(end, key.timeout, latest);
  checkFlag('callHooks', callHooks);
  checkWhole('acknowledge', acknowledge, 'whole milliseconds, at least 0');
  checkWhole('ifRevision', ifRevision, 'the revision of a change');
  const reopenOver = reopenOverOption(options.reopenOver);
  if (mode && reopenOver !== undefined) {
    throw MaintenanceConfigurationError.of(
      'reopenOver',
      reopenOver,
      '"reopenOver" with setMaintenance(false) only',
    );
  }
  const words = {
    message: visitorTextOption('message', options.message),
    reason: textOption('reason', options.reason),
    actor: textOption('actor', options.actor),
  };
  const patience = { blocking: blockingOption(options.blocking), signal: signalOption(options.signal) };
  const keepsEnd = timeout === undefined && until === undefined;
  const turnOn: Editor = (record, moment) => {
    const on = record?.switch;
    // fields of a key that is on stay as they are unless given; the actor is always the present one
    const notice = {
      message: options.message === undefined ? (on?.message ?? null) : words.message,
      reason: options.reason === undefined ? (on?.reason ?? null) : words.reason,
      actor: words.actor,
    };
    return {
      switch: {
        ...notice,
        ...(on && keepsEnd
          ? { until: on.until, announced: on.announced }
          : parseEnd(end, key.timeout, moment)),
        // a key that is held has been in maintenance since then
        since: Math.min(Math.floor(moment), ...beginnings(record, moment)),
      },
      holds: record?.holds ?? [],
      cause: 'set',
      ...orWordsOfOthers(notice, record, moment),
      hooks: callHooks,
      reopenOver: 0,
    };
  };
  const edit = mode ? turnOn : turnOff(words, callHooks, reopenOver);
  return { cause: 'set', words, callHooks, ifRevision, patience, acknowledge, edit };
}

const turnOff =
  (words: Words, hooks: boolean, reopenOver: number | undefined): Editor =>
  (record, now) => {
    const windows = withoutCurrent(record?.windows, now);
    const isReopening = record !== undefined && reopeningAt(record, now) !== undefined;
    const isHeld = record !== undefined && record.holds.length > 0;
    // off is off, unless a reopening is given
    const rest = record?.reopening && now < record.reopening.until ? reopensOver(record, now) : undefined;
    const over = reopenOver ?? (isReopening ? 0 : rest);
    return record?.switch || windows || isReopening || (isHeld && reopenOver !== undefined)
      ? {
          switch: null,
          holds: record?.holds ?? [],
          ...(windows && { windows }),
          cause: 'set',
          ...words,
          hooks,
          ...(over !== undefined && { reopenOver: over }),
        }
      : null;
  };

/**
 * Forgets the switch and all holds, and ends the window that is on.
 * @param isKnown whether the key is registered; otherwise later windows end, too
 * @throws MaintenanceConfigurationError
 */
export function planUnset(options: MaintenanceUnsetOptions, isKnown: boolean): SwitchPlan {
  checkOptionNames('unsetMaintenance', options, UNSET_OPTIONS);
  const { ifRevision, reason, actor } = options;
  checkWhole('ifRevision', ifRevision, 'the revision of a change');
  const words = { message: null, reason: textOption('reason', reason), actor: textOption('actor', actor) };
  const edit: Editor = (record, now): Edit | null => {
    const windows = isKnown || !record?.windows?.length ? withoutCurrent(record?.windows, now) : [];
    return record && (windows || record.switch || record.holds.length > 0 || reopeningAt(record, now))
      ? {
          switch: null,
          holds: [],
          ...(windows && { windows }),
          cause: 'unset',
          ...words,
          hooks: true,
          reopenOver: 0,
        }
      : null;
  };
  const patience = { blocking: 0, signal: undefined };
  return { cause: 'unset', words, callHooks: true, ifRevision, patience, acknowledge: undefined, edit };
}

/**
 * What is reported after an operator's change of a key that is held or in a planned window: their message and reason, if the
 * operator gave none.
 */
function orWordsOfOthers(
  { message, reason, actor }: Words,
  record: KeyRecord | undefined,
  now: number,
): Words {
  const others = stateOf(record && { ...record, switch: null }, now);
  return { message: message ?? messageFrom(others), reason: reason ?? others.reason, actor };
}
