import type { Rule, Violation } from './checker.js';
import type { Evidence, Handling, Op, Request } from './evidence.js';
import { replicaOf, type Line } from './history.js';
import { isConfirmed, lagAt, plannedWindows, ROUNDING, SETTLED, type Planned } from './planned-windows.js';
import { mayNotKnow } from './rules-of-requests.js';

/** Milliseconds of a lease: who admits something has asked the store within that. */
const LEASE = 3_300;

const breach = (rule: string, text: string, ...lines: (Line | undefined)[]): Violation => ({
  rule,
  text,
  lines: lines.filter((line) => line !== undefined),
});

/** While a window is on no write is admitted, and no read after its beginning, by any replica that is in touch. */
export const closedWindows: Rule = (evidence) => {
  const handlings = evidence.handlings.filter(({ route }) => route.startsWith('/plan/'));
  return plannedWindows(evidence)
    .filter(({ op }) => isConfirmed(op))
    .flatMap((window) =>
      handlings
        .filter((handling) => isAdmittedWithin(evidence, window, handling))
        .map((handling) =>
          breach(
            'window',
            `${handling.process} admitted ${handling.route} while the window of ${window.op.name} was on`,
            window.op.line,
            handling.line,
          ),
        ),
    );
};

function isAdmittedWithin(evidence: Evidence, window: Planned, handling: Handling): boolean {
  const { op, start, closed, sure } = window;
  const { begin, route } = handling;
  const from = (route === '/plan/write' ? start : closed) + lagAt(evidence, begin);
  return (
    begin > Math.max(from, op.end + LEASE) &&
    begin < sure - ROUNDING &&
    evidence.clockSet(op.begin) > begin &&
    !mayNotKnow(evidence, op, handling)
  );
}

/** Visitors of whom it is no chance any more if all come back in the same moment. */
const MANY = 3;

/** Each visitor has one moment on all replicas, another than the others, is not let in before it, and stays in after it. */
export const moments: Rule = (evidence) =>
  plannedWindows(evidence).flatMap((window): Violation[] => {
    const { op, end, back, isCut } = window;
    // where it was cancelled, or clocks were set, there may be several lines
    if (!isConfirmed(op) || isCut || evidence.clockSet(op.begin) < Infinity) return [];
    if (evidence.forgot(op.begin, back)) return [];
    const found: Violation[] = [];
    const told = new Map<string, Request>();
    for (const request of evidence.requests) {
      const { visitor, route, until, message, sent, got } = request;
      if (!route.startsWith('/plan/') || visitor === undefined || until === undefined || sent > back)
        continue;
      // whose visitor was found later is judged by what is on by then: perhaps another window
      if (got > back + lagAt(evidence, sent)) continue;
      // while it is on the moment is known already; who comes back reads a text that is nobody's
      if (message !== op.name && (evidence.ops.has(message ?? '') || sent < end)) continue;
      const first = told.get(visitor);
      const wrong = first && Math.abs(first.until! - until) > 2;
      if (wrong) {
        const text = `${visitor} was told two moments after ${op.name}, ${Math.abs(first.until! - until)} ms apart`;
        found.push(breach('moment', text, op.line, first.line, request.line));
      }
      if (sent > until + lagAt(evidence, sent)) {
        const text = `${visitor} was still refused after their moment`;
        found.push(breach('moment', text, op.line, request.line));
      }
      if (!first) told.set(visitor, request);
    }
    const all = [...told.values()].map(({ until }) => until!);
    const isAlone = plannedWindows(evidence).every((other) => other === window || !overlap(other, window));
    if (window.back > end && isAlone && told.size >= MANY && Math.max(...all) - Math.min(...all) <= 2) {
      const text = `${told.size} visitors were told the same moment after ${op.name}`;
      found.push(breach('moment', text, op.line, ...[...told.values()].map(({ line }) => line)));
    }
    for (const { visitor, route, status, got, sent, replica, line } of evidence.requests) {
      const moment = told.get(visitor ?? '')?.until;
      if (status !== 200 || !route.startsWith('/plan/') || moment === undefined) continue;
      // of a window that was planned only when it was over, somebody cut off need not know for a lease
      if (sent < Math.max(end, op.end + LEASE) || got >= moment - ROUNDING) continue;
      if (wasAway(evidence, op, replica) && mayNotKnow(evidence, op, { process: replica, begin: sent }))
        continue;
      found.push(breach('moment', `${visitor} was let in before their moment`, op.line, line));
    }
    return found;
  });

/** Whether a replica was out of touch when a window was planned. */
const wasAway = (evidence: Evidence, op: Op, replica: string): boolean =>
  evidence.outages(replica).some(({ begin, end }) => begin < op.end && op.begin < end);

const overlap = (one: Planned, two: Planned): boolean => one.start <= two.back && two.start <= one.back;

/** Milliseconds that somebody who has claimed a hook may take; less what noting it takes. */
const CLAIM = 15_000;
const NOTING = 6_500;
/** Milliseconds in which a hook is called when nothing is wrong. */
const PROMPT = 2_000;
/** Milliseconds in which it may be over again before anybody was asked. */
const SHORT = 500;

type Hook = Line & { e: 'hook' };

/** Hooks of a window are called once in the cluster, and not by nobody. */
export const windowHooks: Rule = (evidence) => {
  const found: Violation[] = [];
  const called = new Map<string, Hook>();
  for (const line of evidence.lines) {
    if (line.e !== 'hook') continue;
    const name = `${line.event} ${line.window} ${line.start}`;
    const before = called.get(name);
    if (before && !mayRepeat(evidence, before, line))
      found.push(breach('hook', `"${line.event}" of a window was called twice`, before, line));
    if (!before) called.set(name, line);
  }
  for (const { op, start, end, sure, isCut } of plannedWindows(evidence)) {
    const { window } = op.wish;
    if (!isConfirmed(op) || !op.result?.id || !window) continue;
    const announced = window.announce === false ? Infinity : start - window.announce;
    const due = [
      ['announced', Math.max(announced, op.end), start],
      ['entering', start, sure],
      ['exiting', end, isCut ? -Infinity : Infinity],
    ] as const;
    for (const [event, from, until] of due) {
      const name = `${event} ${op.result.id} ${window.start}`;
      if (!called.has(name) && mustBeCalled(evidence, op, from, until))
        found.push(breach('hook', `nobody called "${event}" of the window of ${op.name}`, op.line));
    }
  }
  return found;
};

/** Who was the first died before it could note it, or could not for as long as a claim lasts, or all was lost. */
function mayRepeat(evidence: Evidence, first: Hook, again: Hook): boolean {
  const died = evidence.deaths.get(first.p) ?? Infinity;
  const replica = replicaOf(first.p);
  return (
    died < first.t + PROMPT ||
    evidence
      .cutOffs(replica)
      .some(({ begin, end }) => begin <= first.t + PROMPT && end >= first.t && died < end + PROMPT) ||
    evidence.windows.some(
      ({ kind, begin }) => kind === 'redis-empty' && begin >= first.t - PROMPT && begin <= again.t,
    ) ||
    evidence
      .outages(replica)
      .some(({ begin, end }) => begin <= first.t + CLAIM && end >= first.t && end - begin > CLAIM - NOTING)
  );
}

/** Was nothing done to anybody around it, or did somebody live long enough to take it over. */
function mustBeCalled(evidence: Evidence, op: Op, from: number, until: number): boolean {
  if (evidence.clockSet(op.begin) < Infinity || evidence.forgot(op.begin, evidence.last)) return false;
  const isCalm = !evidence.windows.some(({ begin, end }) => begin < from + PROMPT && end > from - SETTLED);
  if (isCalm && from >= op.end) return until > from + SHORT && from + PROMPT < evidence.last;
  const long = from + 2 * CLAIM;
  const survivors = [...evidence.births].filter(
    ([process, born]) =>
      born < from - SETTLED && (evidence.deaths.get(process) ?? Infinity) > long + 2 * CLAIM,
  );
  const lastTrouble = Math.max(
    0,
    ...evidence.windows.filter(({ begin }) => begin < long).map(({ end }) => end),
  );
  return (
    survivors.some(([process]) => !evidence.troubled(replicaOf(process), from - SETTLED, from + PROMPT, 0)) &&
    Math.max(long, lastTrouble + 2 * CLAIM) < Math.min(until, evidence.last)
  );
}
