import { OFF, type MaintenanceState } from '../keys/maintenance-state.js';
import type { Occurrence } from '../windows/occurrences.js';
import { toChange, type MaintenanceChange } from './change.js';
import type { ChangeRecord, KeyRecord } from './record.js';

/** A change, and whether hooks are called for it. */
export interface AnnouncedChange {
  readonly change: MaintenanceChange;
  readonly hooks: boolean;
  /** Its author has no hooks: `entering` and `exiting` are called on a process that has them. */
  readonly delegated: boolean;
  /** The occurrence of a window whose time is over, if nobody has ended it. */
  readonly ended?: Occurrence;
}

/** What was recorded of a key, and what it meant when last looked at. */
export interface SeenRecord {
  readonly record: KeyRecord;
  readonly seen: number;
  /** Its meaning then; which of its holds are alive does not matter. */
  readonly state: MaintenanceState;
  /** The planned window that was on. */
  readonly window: Occurrence | undefined;
}

/** The change of a key between two reads, if there is one to announce: a write, or an end by itself. */
export function changeBetween(
  key: string,
  before: SeenRecord | undefined,
  after: SeenRecord,
): AnnouncedChange | undefined {
  const { state: was = OFF } = before ?? {};
  const { record, seen, state } = after;
  const [from, on] = [was.value, state.value];
  const { change } = record;
  // in another history it is still the same change: that history was united with this one
  const written = before?.record.change.revision !== change.revision || before.record.change.at !== change.at;
  const turned = isOther(before?.window, after.window);
  if (from === on && !(on && (written || turned))) {
    return undefined;
  }
  const ended = turned && before?.window && seen >= before.window.end ? before.window : undefined;
  // what turned off without a write of its own has ended by itself, and what no write has turned on has begun by itself
  const byItself = !written || (from && !on ? change.to : on && !change.to);
  const told = byItself ? { ...change, ...whatCame(before, after, ended) } : change;
  return {
    change: toChange(key, was, state, told),
    // `callHooks: false` applied to the change, not to what happens by itself
    hooks: byItself || change.hooks,
    delegated: !byItself && change.hooks && change.delegated === true,
    ...(ended && { ended }),
  };
}

const isOther = (one: Occurrence | undefined, other: Occurrence | undefined): boolean =>
  one?.window.id !== other?.window.id || one?.start !== other?.start;

/** Cause, time and texts of what happened by itself. */
function whatCame(
  before: SeenRecord | undefined,
  after: SeenRecord,
  ended: Occurrence | undefined,
): Partial<ChangeRecord> {
  const last = before?.state.endsAt?.getTime();
  const began = after.window;
  if (began && isOther(began, before?.window)) {
    return { ...wordsOf(began), at: began.start };
  }
  return ended && (after.state.value || last === ended.end)
    ? { ...wordsOf(ended), at: ended.end }
    : { cause: 'expiry', at: after.seen };
}

const wordsOf = ({
  window: { message, reason, actor },
}: Occurrence): Pick<ChangeRecord, 'cause' | 'message' | 'reason' | 'actor'> => ({
  cause: 'window',
  message,
  reason,
  actor,
});
