import type { Evidence, Op, Request } from './evidence.js';

/** Milliseconds by which a replica's idea of the store's clock may be behind, when nothing is wrong and when something was. */
const CALM_LAG = 300;
const LAG = 1_100;
/** Milliseconds after a fault in which clocks are not heard as usual. */
export const SETTLED = 4_000;
/** Milliseconds between the clocks of two processes of a machine, as they are read here. */
export const ROUNDING = 30;
/** Milliseconds that a cancellation takes to be known to a replica that nothing has troubled. */
const SPREAD = 1_500;

/** A planned window on the journal's clock. */
export interface Planned {
  readonly op: Op;
  readonly start: number;
  /** From here on nobody reads either. */
  readonly closed: number;
  readonly end: number;
  /** When it may have been cancelled; else its end. */
  readonly sure: number;
  /** It may have been ended early: also by a replica that took it for on, somewhat after its end. */
  readonly isCut: boolean;
  /** By then everybody is back, however it ended. */
  readonly back: number;
  readonly cancellation: Op | undefined;
}

const known = new WeakMap<Evidence, readonly Planned[]>();

/** Those that may be on. */
export function plannedWindows(evidence: Evidence): readonly Planned[] {
  const found = known.get(evidence) ?? findWindows(evidence);
  known.set(evidence, found);
  return found;
}

const findWindows = (evidence: Evidence): readonly Planned[] =>
  [...evidence.ops.values()].flatMap((op): Planned[] => {
    const { window } = op.wish;
    if (!window || (op.result && !op.result.ok && op.result.refused)) return [];
    const start = evidence.momentOf(window.start);
    const end = start + window.duration;
    const cancellation = [...evidence.ops.values()].find((other) => other.wish.planned === op.name);
    const sure = Math.min(end, cancellation?.begin ?? Infinity);
    const closed = start + window.readOnly;
    const isCut = cancellation !== undefined && cancellation.begin < end + LAG;
    return [{ op, start, closed, end, sure, isCut, back: end + window.reopenOver, cancellation }];
  });

export const isConfirmed = ({ result }: Op): boolean => result?.ok === true;

/** How far off the clock of a replica may be at that moment. */
export const lagAt = (evidence: Evidence, moment: number): number =>
  evidence.quietSince(moment) + SETTLED < moment ? CALM_LAG : LAG;

/** Is a refusal of the key of windows without a cause; why. */
export function unplanned(evidence: Evidence, request: Request): string | undefined {
  const { sent, got, replica, route } = request;
  const windows = plannedWindows(evidence).filter(({ op }) => op.begin <= got);
  const lag = lagAt(evidence, sent);
  const troubled = evidence.troubled(replica, sent, got, 3_000);
  if (troubled || windows.some(({ op }) => evidence.clockSet(op.begin) <= got)) return undefined;
  const named = windows.find(({ op }) => op.name === request.message);
  if (!named) {
    // those who come back read a text of its own
    const isReopening = windows.some(({ sure, back }) => got >= sure - ROUNDING && sent <= back + lag);
    return isReopening ? undefined : `refused without a window: ${request.message}`;
  }
  const { op, start, closed, end, cancellation } = named;
  if (got < start - ROUNDING) return `refused by ${op.name}, which had not begun`;
  if (sent > end + lag) return `refused by ${op.name}, which was over`;
  if (route !== '/plan/write' && got < closed - ROUNDING)
    return `refused by ${op.name}, which let reads pass`;
  if (!cancellation || !isConfirmed(cancellation)) return undefined;
  return cancellation.end + SPREAD < sent
    ? `refused by ${op.name}, which ${cancellation.name} had cancelled`
    : undefined;
}
