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
    return first && !mayRepeat(evidence, first, line)
      ? [breach('once', `${line.call} was handled twice`, first, line)]
      : [];
  });
};

/**
 * The first died, or lost the lock of its job with its touch; or the other one had fetched the job before, and stood still until the
 * first had it.
 */
const mayRepeat = (evidence: Evidence, { p, t }: Entry, again: Entry): boolean =>
  again.t >= (evidence.deaths.get(p) ?? Infinity) ||
  evidence.troubled(replicaOf(p), t, again.t, LOCK) ||
  evidence.outages(replicaOf(again.p)).some(({ begin, end }) => begin < t - LOCK / 2 && end > t);

/** Nothing here fails by itself: a job that has failed has lost an attempt to us, or to a fault. */
export const attempts: Rule = (evidence) => {
  const seen = new Map<string, Entry>();
  return evidence.lines.flatMap((line) => {
    if (line.e !== 'enter' || line.attempts === undefined) {
      return [];
    }
    const first = seen.get(line.call);
    seen.set(line.call, line);
    return line.attempts > 0 && !(first && mayRepeat(evidence, first, line))
      ? [breach('attempt', `${line.call} had lost ${line.attempts} attempts`, line)]
      : [];
  });
};

/** Each job and each event that was handed in is handled by the end, and to the end, but for what Redis, or BullMQ, has lost. */
export const kept: Rule = ({ lines, windows }) => {
  const handled = new Set(lines.flatMap((line) => (line.e === 'leave' ? [line.call] : [])));
  const queued = lines.filter((line) => line.e === 'queued');
  const losses = windows
    .filter(({ kind }) => kind === 'redis-empty')
    .map(({ begin, end }) => ({ end, had: queued.find(({ t }) => t >= begin && t <= end) }));
  // what was no longer queued had been taken for done
  // BullMQ takes delayed jobs off their list in one step, and puts them into the queue in the next, which Redis may deny
  const denials = windows.filter(({ kind }) => kind === 'redis-denied');
  const isLost = ({ call, t, delayed }: Line & { e: 'handed' }): boolean =>
    losses.some(({ end, had }) => t < end && (!had || t > had.t || had.calls.includes(call))) ||
    (delayed === true && denials.some(({ end }) => t < end));
  return lines.flatMap((line) =>
    line.e === 'handed' && !handled.has(line.call) && !(line.inRedis && isLost(line))
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

/**
 * Calls of a process, each due when the one before has returned, within which it makes up for one that it has skipped: it looks once
 * a second, and they come every 130 ms.
 */
export const TURNS = 15;

/** The last of several calls that were skipped is made up for once others run at once again. */
export const madeUp: Rule = ({ lines }) => {
  const entered = new Map(lines.flatMap((line) => (line.e === 'enter' ? [[line.call, line.t]] : [])));
  const due = new Map(lines.flatMap((line) => (line.e === 'due' ? [[line.call, line.t]] : [])));
  const returned = new Map<string, Past[]>();
  for (const line of lines) {
    if (line.e !== 'past') continue;
    const calls = returned.get(line.p) ?? [];
    calls.push(line);
    returned.set(line.p, calls);
  }
  const ran = ({ call, t }: Past): boolean => (entered.get(call) ?? Infinity) < t;
  return [...returned.values()].flatMap((calls) =>
    calls.flatMap((skipped, i) => {
      if (entered.has(skipped.call)) return [];
      let last = skipped;
      let turns = 0;
      for (const next of calls.slice(i + 1)) {
        // one that is skipped takes its place
        if (!ran(next)) return [];
        if ((due.get(next.call) ?? 0) < last.t) continue;
        last = next;
        turns++;
        if (turns === TURNS) {
          return [breach('made up', `${skipped.call} was skipped, and not made up for`, skipped, next)];
        }
      }
      return [];
    }),
  );
};

type Past = Line & { e: 'due' | 'past' };
