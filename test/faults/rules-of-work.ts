import type { Rule, Violation } from './checker.js';
import type { Evidence, Op } from './evidence.js';
import { keyOf, replicaOf, type Line } from './history.js';
import { mayNotKnow } from './rules-of-requests.js';

/** Milliseconds a lease of a lock lasts, with what its holder may have missed before. */
const LOCK_LEASE = 8_000;
const CLOCK_LAG = 1_100;
/** Milliseconds after a fault in which Redis may still be busy with what has waited. */
const BACK = 3_000;

const breach = (rule: string, text: string, ...lines: (Line | undefined)[]): Violation => ({
  rule,
  text,
  lines: lines.filter((line) => line !== undefined),
});

const maintains = (evidence: Evidence): Op[] =>
  [...evidence.ops.values()].filter(({ wish }) => wish.kind === 'maintain');

const workers = (evidence: Evidence): Op[] =>
  maintains(evidence)
    .filter(({ works }) => works.length > 0)
    .sort((a, b) => a.works[0]!.t - b.works[0]!.t);

/** One holder of a key's lock at a time; who was standing still when it was lost acts at most once more. */
export const holders: Rule = (evidence) => {
  const found: Violation[] = [];
  const locked = workers(evidence).filter(({ wish }) => wish.lock !== false);
  for (const [i, later] of locked.entries()) {
    const begin = later.works[0]!.t;
    for (const earlier of locked.slice(0, i)) {
      const end = Math.min(
        earlier.aborted?.t ?? Infinity,
        earlier.worked ?? Infinity,
        evidence.deaths.get(earlier.process) ?? Infinity,
      );
      if (earlier.wish.key !== later.wish.key || end <= begin) continue;
      const excused =
        evidence.stoodStill(replicaOf(earlier.process), begin) || emptiedBefore(evidence, begin);
      const acts = earlier.acts.filter((t) => t > begin).length;
      if (!excused || acts > 1) {
        found.push(
          breach(
            'holder',
            `${earlier.name} and ${later.name} held ${later.wish.key} at the same time` +
              (excused ? `, and the first acted ${acts} more times` : ''),
            earlier.line,
            earlier.works[0]?.line,
            later.works[0]?.line,
          ),
        );
      }
    }
  }
  return found;
};

/** Locks are gone with Redis' data; their holders hear of it when they renew them. */
const emptiedBefore = (evidence: Evidence, moment: number): boolean =>
  evidence.windows.some(
    ({ kind, begin }) => kind === 'redis-empty' && begin < moment && moment - begin < LOCK_LEASE,
  );

/** A later holder has a greater fence; what maintenance protects takes nothing from an earlier one. */
export const fences: Rule = (evidence) => {
  const found: Violation[] = [];
  const all = workers(evidence);
  for (const [i, later] of all.entries()) {
    const earlier = all
      .slice(0, i)
      .find(
        (other) =>
          other.wish.key === later.wish.key &&
          (other.works[0]!.fence === later.works[0]!.fence ||
            (other.works[0]!.t < later.begin && other.works[0]!.fence > later.works[0]!.fence)),
      );
    if (earlier) {
      found.push(
        breach(
          'fence',
          `the fence of ${later.name} is not greater than that of ${earlier.name} before it`,
          earlier.works[0]?.line,
          later.works[0]?.line,
        ),
      );
    }
  }
  return found;
};

/** Work runs once when its call succeeds, at most once ever, and not at all when the call was given up before. */
export const works: Rule = (evidence) =>
  maintains(evidence).flatMap((op) => {
    const { name, line, result } = op;
    const count = op.works.length;
    const none = ['MaintenanceDrainError', 'MaintenanceLockedError', 'MaintenanceStoreError'];
    const wrong =
      count > 1 ||
      (result?.ok === true && count !== 1) ||
      (result?.ok === false && none.includes(result.error ?? '') && count > 0);
    return wrong
      ? [
          breach(
            'work',
            `the work of ${name} ran ${count} times (${result?.error ?? 'ok'})`,
            line,
            op.works[0]?.line,
          ),
        ]
      : [];
  });

/** Milliseconds that a timer of a busy process may be late by. */
const LATE = 250;

/** Who works is told that the time is over before any replica opens the key. */
export const outlived: Rule = (evidence) =>
  workers(evidence).flatMap((op) => {
    const { wish, begin, name, process } = op;
    const { timeout } = wish;
    if (timeout === undefined || wish.drain === false) return [];
    const works = op.works[0]!;
    const over = Math.min(
      op.aborted?.t ?? Infinity,
      op.worked ?? Infinity,
      evidence.deaths.get(process) ?? Infinity,
    );
    const unset = evidence
      .of(wish.key)
      .filter((other) => other.wish.kind === 'unset' && other.end > begin)
      .map((other) => other.begin);
    const until = Math.min(over - LATE, evidence.clockSet(begin), ...unset);
    const handling = evidence.handlings.find(
      (other) =>
        keyOf(other.route) === wish.key &&
        other.begin > Math.max(works.t, begin + timeout - CLOCK_LAG) &&
        other.begin < until &&
        !other.route.endsWith('/passing') &&
        !mayNotKnow(evidence, op, other),
    );
    return handling && !evidence.stoodStill(replicaOf(process), over)
      ? [
          breach(
            'outlived',
            `${handling.process} admitted ${handling.route} before the work of ${name} was told that its time is over`,
            works.line,
            handling.line,
            op.aborted?.line,
          ),
        ]
      : [];
  });

/** Nobody is told of a loss that nothing explains. */
export const aborts: Rule = (evidence) =>
  workers(evidence).flatMap((op) => {
    const { aborted, wish, begin, name, process } = op;
    if (!aborted) return [];
    const { t } = aborted;
    const unset = evidence
      .of(wish.key)
      .some((other) => other.wish.kind === 'unset' && other.begin <= t && other.end >= begin);
    const over =
      wish.timeout !== undefined && Math.min(begin + wish.timeout - CLOCK_LAG, evidence.clockSet(begin)) <= t;
    const explained = unset || over || evidence.cutOff(replicaOf(process), t, LOCK_LEASE);
    return explained
      ? []
      : [
          breach(
            'abort',
            `${name} was told of a loss without a cause: ${aborted.why}`,
            op.line,
            aborted.line,
          ),
        ];
  });

/** Where the clock of Redis was set, and nothing else has happened, no call is too late by the clock that was. */
export const clocks: Rule = (evidence) =>
  [...evidence.ops.values()].flatMap(({ name, line, begin, end, result }) => {
    const late = result?.error === 'MaintenanceStoreError' && result.message?.includes('too slow') === true;
    const other = evidence.windows.some(
      (window) => window.kind !== 'redis-clock' && window.begin <= end && window.end + BACK >= begin,
    );
    return late && !other ? [breach('clock', `${name} was too late by a clock that was`, line)] : [];
  });

/** Milliseconds after which a dead holder has been told, when nothing else is wrong. */
const TOLD = 20_000;

/** What was done once is forgotten with Redis' data. */
const emptiedBetween = (evidence: Evidence, from: number, to: number): boolean =>
  evidence.windows.some(({ kind, begin }) => kind === 'redis-empty' && begin >= from && begin <= to);

/** A holder that died is told once, by one process, however many see it; each hold by itself where a process had several. */
export const abandonments: Rule = (evidence) => {
  const found: Violation[] = [];
  const told = new Map<string, Line[]>();
  const pids = new Map(
    evidence.lines.flatMap((line) => (line.e === 'boot' ? [[line.p, line.pid] as const] : [])),
  );
  for (const line of evidence.lines) {
    if (line.e !== 'abandoned') continue;
    const place = `${line.key} ${line.pid}`;
    const before = told.get(place) ?? [];
    const left = maintains(evidence).filter(
      ({ process, wish, worked, result }) =>
        pids.get(process) === line.pid && wish.key === line.key && (worked ?? result) === undefined,
    );
    const twice = before.length >= Math.max(1, left.length) ? before.at(-1) : undefined;
    // holders of the older version have no name: several look alike
    if (twice && line.pid !== undefined && !emptiedBetween(evidence, twice.t, line.t))
      found.push(breach('abandoned', `that the holder of ${line.key} died was told twice`, twice, line));
    told.set(place, [...before, line]);
  }
  for (const op of workers(evidence)) {
    const died = evidence.deaths.get(op.process);
    const quiet =
      died !== undefined &&
      op.worked === undefined &&
      op.wish.timeout === undefined &&
      evidence.last > died + TOLD &&
      !evidence.windows.some(({ begin }) => begin > died && begin < died + TOLD) &&
      evidence
        .of(op.wish.key)
        .every((other) => other === op || other.begin < died - 100 || other.begin > died + TOLD);
    const names = [pids.get(op.process), undefined].map((pid) => `${op.wish.key} ${pid}`);
    if (quiet && !names.some((name) => told.has(name))) {
      found.push(breach('abandoned', `nobody told that the holder of ${op.wish.key} died`, op.line));
    }
  }
  return found;
};
