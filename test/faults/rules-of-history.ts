import type { Rule, Violation } from './checker.js';
import type { Evidence, Op } from './evidence.js';
import type { Line, Recorded, Wish } from './history.js';
import { isConfirmed, plannedWindows, type Planned } from './planned-windows.js';

/** Milliseconds that Redis may take to lose what it was just told. */
const AROUND = 1_000;

/** Each confirmed change is in the library's own history once, and what was certainly refused is not: written with the change or not at all. */
export const recorded: Rule = (evidence) => {
  const line = evidence.lines.findLast((other) => other.e === 'history');
  if (line?.e !== 'history') return [];
  const windows = plannedWindows(evidence).flatMap((window): Violation[] => {
    const wrong = faultOfWindow(evidence, window, line);
    return wrong === undefined
      ? []
      : [{ rule: 'recorded', text: `the window of ${window.op.name} ${wrong}`, lines: [window.op.line] }];
  });
  const changes = [...evidence.ops.values()].flatMap((op): Violation[] => {
    const name = op.wish.kind === 'cancel' ? 'reason' : 'message';
    const found = line.entries.filter((entry) => entry[name] === op.name && entry.way === 'code');
    const wrong = faultOf(evidence, op, found);
    return wrong === undefined
      ? []
      : [{ rule: 'recorded', text: `${op.name} (${op.wish.kind}) ${wrong}`, lines: [op.line] }];
  });
  return [...changes, ...windows];
};

/** A window begins and ends by itself: each of that is in the history once. */
function faultOfWindow(
  evidence: Evidence,
  { op, start, end, sure, isCut }: Planned,
  { t, entries }: HistoryLine,
): string | undefined {
  if (!isConfirmed(op) || forgotten(evidence, op) || evidence.clockSet(op.begin) < Infinity) return undefined;
  for (const [turn, moment] of [
    ['begin', start],
    ['end', end],
  ] as const) {
    const count = entries.filter(({ id }) => id.startsWith(`plan:${turn}:${op.result?.id}:`)).length;
    // one that was planned when it should have begun has begun with that
    const isCertain = moment > op.end && (moment < sure || (moment === end && !isCut));
    if (count > 1) return `has its ${turn} in the history ${count} times`;
    if (count === 0 && isCertain && moment + AROUND < t) return `lacks its ${turn} in the history`;
  }
  return undefined;
}

type HistoryLine = Line & { e: 'history' };

const CAUSES: Partial<Record<Wish['kind'], string>> = {
  maintain: 'maintain',
  plan: 'window',
  cancel: 'window',
};

function faultOf(evidence: Evidence, op: Op, found: readonly Recorded[]): string | undefined {
  const { wish, result } = op;
  if (wish.command || wish.kind === 'unset') return undefined;
  const twice = found.find((one) => found.some((other) => other !== one && other.cause === one.cause));
  if (twice) return `is in the history twice (${twice.cause})`;
  const cause = CAUSES[wish.kind] ?? 'set';
  // a newer version has another name for it
  const isIn = found.some((entry) => entry.cause === cause || (cause === 'set' && entry.cause === 'tide'));
  if (isIn && result?.refused === true && wish.kind !== 'maintain')
    return 'was refused, and is in the history';
  // to switch off what is off changes nothing
  const must = result?.ok === true && wish.kind !== 'disable';
  return must && !isIn && !forgotten(evidence, op) ? 'was confirmed, and is not in the history' : undefined;
}

const LOSSES: ReadonlySet<string> = new Set(['redis-empty', 'newcomer']);

/** Has Redis lost its data since, and the history with it. */
const forgotten = ({ windows }: Evidence, { begin }: Op): boolean =>
  windows.some(({ kind, end }) => LOSSES.has(kind) && end + AROUND >= begin);
