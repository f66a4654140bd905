import type { Rule, Violation } from './checker.js';
import type { Evidence, Op } from './evidence.js';
import type { Recorded } from './history.js';

/** Milliseconds that Redis may take to lose what it was just told. */
const AROUND = 1_000;

/** Each confirmed change is in the library's own history once, and what was certainly refused is not: written with the change or not at all. */
export const recorded: Rule = (evidence) => {
  const line = evidence.lines.findLast((other) => other.e === 'history');
  if (line?.e !== 'history') return [];
  return [...evidence.ops.values()].flatMap((op): Violation[] => {
    const found = line.entries.filter(({ message, way }) => message === op.name && way === 'code');
    const wrong = faultOf(evidence, op, found);
    return wrong === undefined
      ? []
      : [{ rule: 'recorded', text: `${op.name} (${op.wish.kind}) ${wrong}`, lines: [op.line] }];
  });
};

function faultOf(evidence: Evidence, op: Op, found: readonly Recorded[]): string | undefined {
  const { wish, result } = op;
  if (wish.command || wish.kind === 'unset') return undefined;
  const twice = found.find((one) => found.some((other) => other !== one && other.cause === one.cause));
  if (twice) return `is in the history twice (${twice.cause})`;
  const cause = wish.kind === 'maintain' ? 'maintain' : 'set';
  const isIn = found.some((entry) => entry.cause === cause);
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
