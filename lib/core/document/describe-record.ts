import {
  OFF,
  type MaintenanceHold,
  type MaintenanceHolder,
  type MaintenanceOccurrence,
  type MaintenanceReopening,
  type MaintenanceState,
} from '../keys/maintenance-state.js';
import { describeProgress } from '../progress/describe-progress.js';
import type { ProgressRecord } from '../progress/progress-record.js';
import { describeMessage, mainText, textsOf } from '../texts/maintenance-text.js';
import {
  announcedOccurrences,
  currentOccurrence,
  isReadOnlyAt,
  type Occurrence,
} from '../windows/occurrences.js';
import type { Reopening } from '../windows/reopening.js';
import { isAbsent } from './fields.js';
import { opensAt, reopeningAt, reopensOver } from './reopenings.js';
import { hasParts, liveParts, type HoldRecord, type KeyParts, type Notice } from './record.js';

/** While it is made: to spread what applies would cost more than all the rest. */
type Described = { -readonly [Name in keyof MaintenanceState]: MaintenanceState[Name] };

/** The occurrence of a window, as something that keeps a key on. */
const toNotice = ({ window, start, end }: Occurrence): Notice => ({
  since: start,
  until: end,
  announced: true,
  message: window.message,
  reason: window.reason,
  actor: window.actor,
});

/**
 * What is known of a key at that moment.
 * @param isLive says whether somebody still renews a hold
 * @param progressOf how far the work of a hold is, as it has reported
 */
export function describeRecord(
  record: KeyParts | undefined,
  now: number,
  isLive: (hold: HoldRecord) => boolean,
  progressOf: (hold: HoldRecord) => ProgressRecord | undefined = () => undefined,
): MaintenanceState {
  if (!record || !hasParts(record)) {
    return OFF;
  }
  const { switch: on, holds } = liveParts(record, now);
  const { windows } = record;
  const current = currentOccurrence(windows, now);
  const upcoming = describeUpcoming(announcedOccurrences(windows, now));
  const planned = on ? [on] : [];
  if (current) {
    planned.push(toNotice(current));
  }
  const parts = holds.length > 0 ? [...planned, ...holds] : planned;
  if (parts.length === 0) {
    return describeOpen(record, now, upcoming);
  }
  // an operator's words win over those of a plan, and those over a job's; among jobs the latest
  const spoken = holds.length > 0 ? [...planned, ...holds.toReversed()] : planned;
  const message = told(spoken, 'message');
  const messages = textsOf(message);
  // the key ends with its last part, or with a window that begins by then; its end is known only if that of each part is known
  const over = reopensOver(record, now);
  const end = opensAt(record, Math.max(...parts.map((part) => part.until ?? Infinity)));
  const endsAt = end === Infinity ? null : new Date(end);
  const until = parts.every((part) => part.announced) ? endsAt : null;
  const reopens = until ? reopeningAt(record, until.getTime()) : undefined;
  const first = firstHold(holds, isLive);
  const progress =
    first && isLive(first) ? describeProgress(first, progressOf(first), record, now) : undefined;
  const state: Described = {
    value: true,
    since: new Date(Math.min(...parts.map((part) => part.since))),
    until,
    endsAt,
    message: mainText(message),
    reason: told(spoken, 'reason'),
    actor: told(spoken, 'actor'),
    switched: on !== null,
    holds: describeHolds(holds, isLive),
    holder: first ? describeHolder(first, progress?.step) : null,
  };
  if (messages) {
    state.messages = messages;
  }
  if (progress) {
    state.progress = progress;
  }
  if (isReadOnly(parts, current, now)) {
    state.phase = 'readOnly';
  }
  if (over > 0) {
    state.reopenOver = over;
  }
  if (reopens) {
    state.reopens = describeReopening(reopens);
  }
  if (current) {
    state.window = describeOccurrence(current);
  }
  if (upcoming.length > 0) {
    state.upcoming = upcoming;
  }
  return Object.freeze(state);
}

/** What the first part that says anything says; a window of another version may lack it. */
const told = <Field extends 'message' | 'reason' | 'actor'>(
  parts: readonly Notice[],
  field: Field,
): Notice[Field] | null => parts.find((part) => !isAbsent(part[field]))?.[field] ?? null;

/** A key that is off. */
function describeOpen(
  record: KeyParts,
  now: number,
  upcoming: readonly MaintenanceOccurrence[],
): MaintenanceState {
  const reopening = reopeningAt(record, now);
  if (!reopening && upcoming.length === 0) {
    return OFF;
  }
  return Object.freeze({
    ...OFF,
    phase: reopening ? 'reopening' : 'announced',
    ...(reopening && { reopening: describeReopening(reopening) }),
    ...(upcoming.length > 0 && { upcoming }),
  });
}

const describeReopening = ({ from, until }: Reopening): MaintenanceReopening =>
  Object.freeze({ from: new Date(from), until: new Date(until) });

/** A window that still admits reads does so only if nothing else keeps the key on. */
const isReadOnly = (parts: readonly Notice[], current: Occurrence | undefined, now: number): boolean =>
  parts.length === 1 && current !== undefined && isReadOnlyAt(current, now);

/** An occurrence in the form that users get. */
export const describeOccurrence = ({ window, start, end }: Occurrence): MaintenanceOccurrence =>
  Object.freeze({
    id: window.id,
    start: new Date(start),
    end: new Date(end),
    ...describeMessage(window.announcement),
  });

const describeUpcoming = (occurrences: readonly Occurrence[]): readonly MaintenanceOccurrence[] =>
  Object.freeze(occurrences.map(describeOccurrence));

/** The latest that is alive and has the lock, else the latest that is alive, else the latest that died. */
function firstHold(
  holds: readonly HoldRecord[],
  isLive: (hold: HoldRecord) => boolean,
): HoldRecord | undefined {
  const rank = (hold: HoldRecord): number => 2 * Number(isLive(hold)) + Number(hold.locked);
  return holds.toSorted((a, b) => rank(b) - rank(a) || b.fence - a.fence)[0];
}

/** Who has a hold; `null` if unknown. */
export const describeHolder = (
  { host, pid, since }: Pick<MaintenanceHold, 'host' | 'pid'> & { readonly since: Date | number },
  step: string | null = null,
): MaintenanceHolder | null =>
  host !== null && pid !== null ? Object.freeze({ host, pid, since: new Date(since), step }) : null;

function describeHolds(
  holds: readonly HoldRecord[],
  isLive: (hold: HoldRecord) => boolean,
): readonly MaintenanceHold[] {
  if (holds.length === 0) {
    return OFF.holds;
  }
  const isSucceeded = ({ locked, fence }: HoldRecord): boolean =>
    locked && holds.some((heir) => heir.locked && heir.fence > fence && isLive(heir));
  return Object.freeze(
    holds.map((hold) =>
      Object.freeze({
        id: hold.id,
        owner: hold.owner,
        host: hold.host,
        pid: hold.pid,
        since: new Date(hold.since),
        fence: hold.fence,
        abandoned: !isLive(hold) && !isSucceeded(hold),
      }),
    ),
  );
}
