import type { Rule, Violation } from './checker.js';
import type { Evidence } from './evidence.js';
import { replicaOf, type Line } from './history.js';

/** What nobody repeats for who did not answer: a job, an event, a call that is made up for. */
const KINDS = ['/queued', '/event', '/passing', '/missed'];
/** Milliseconds after an outage in which a replica may be about to listen again. */
const BACK = 4_000;

/** Milliseconds that the lock of a job lasts, which its worker may have lost before it begins what it has fetched. */
const LOCK = 4_500;

type Entry = Line & { e: 'enter' };

const breach = (rule: string, text: string, ...lines: Line[]): Violation => ({ rule, text, lines });

/** No job and no event is handled twice, unless whoever had it may not have come to saying that it is done. */
export const once: Rule = (evidence) => {
  const seen = new Map<string, Entry>();
  return evidence.lines.flatMap((line) => {
    if (line.e !== 'enter' || !KINDS.some((kind) => line.route.endsWith(kind))) {
      return [];
    }
    const first = seen.get(line.call);
    seen.set(line.call, line);
    return first && !mayRepeat(evidence, first, line.t)
      ? [breach('once', `${line.call} was handled twice`, first, line)]
      : [];
  });
};

/** It died, or lost the lock of its job with its touch. */
const mayRepeat = (evidence: Evidence, { p, t }: Entry, again: number): boolean =>
  again >= (evidence.deaths.get(p) ?? Infinity) || evidence.troubled(replicaOf(p), t, again, LOCK);

/** Nothing here fails by itself: a job that has failed has lost an attempt to us, or to a fault. */
export const attempts: Rule = (evidence) => {
  const seen = new Map<string, Entry>();
  return evidence.lines.flatMap((line) => {
    if (line.e !== 'enter' || line.attempts === undefined) {
      return [];
    }
    const first = seen.get(line.call);
    seen.set(line.call, line);
    return line.attempts > 0 && !(first && mayRepeat(evidence, first, line.t))
      ? [breach('attempt', `${line.call} had lost ${line.attempts} attempts`, line)]
      : [];
  });
};

/** Each job and each event that was handed in is handled by the end, and to the end, but for what Redis has lost. */
export const kept: Rule = ({ lines, windows }) => {
  const handled = new Set(lines.flatMap((line) => (line.e === 'leave' ? [line.call] : [])));
  const emptied = Math.max(0, ...windows.filter(({ kind }) => kind === 'redis-empty').map(({ end }) => end));
  return lines.flatMap((line) =>
    line.e === 'handed' && !handled.has(line.call) && !(line.inRedis && line.t < emptied)
      ? [breach('kept', `${line.call} was never handled`, line)]
      : [],
  );
};

/** An event that cannot be kept is handled wherever it has been heard, also during maintenance. */
export const heard: Rule = (evidence) => {
  const { lines, births, deaths, last } = evidence;
  const handled = new Set(lines.flatMap((line) => (line.e === 'enter' ? [line.call] : [])));
  const processes = [...births].filter(([name]) => name !== 'driver');
  const places = new Set(processes.map(([name]) => replicaOf(name)));
  return lines.flatMap((line) => {
    if (line.e !== 'published' || line.heard < places.size || line.t > last - BACK) {
      return [];
    }
    const listening = processes.filter(
      ([name, birth]) =>
        birth < line.t - BACK &&
        (deaths.get(name) ?? Infinity) > line.t + BACK &&
        !evidence.troubled(replicaOf(name), line.t, line.t + BACK, BACK),
    );
    return listening
      .filter(([name]) => !handled.has(`${line.call}-${name}`))
      .map(([name]) => breach('heard', `${name} never handled ${line.call}`, line));
  });
};

/** The last of several calls that were skipped is made up for once others run at once again. */
export const madeUp: Rule = ({ lines, deaths, last }) => {
  const entered = new Map(lines.flatMap((line) => (line.e === 'enter' ? [[line.call, line.t]] : [])));
  const returned = new Map<string, (Line & { e: 'due' | 'past' })[]>();
  for (const line of lines) {
    if (line.e === 'past') returned.set(line.p, [...(returned.get(line.p) ?? []), line]);
  }
  const ran = ({ call, t }: { call: string; t: number }): boolean => (entered.get(call) ?? Infinity) < t;
  return [...returned].flatMap(([process, calls]) =>
    calls.flatMap((skipped, i) => {
      const next = calls[i + 1];
      if (ran(skipped) || !next || !ran(next) || entered.has(skipped.call)) {
        return [];
      }
      const until = next.t + BACK;
      // one that was skipped soon after has taken its place
      const isReplaced = calls.slice(i + 2).some((later) => later.t < until && !ran(later));
      const isOver = until > Math.min(deaths.get(process) ?? Infinity, last);
      return isReplaced || isOver
        ? []
        : [breach('made up', `${skipped.call} was skipped, and not made up for`, skipped, next)];
    }),
  );
};
