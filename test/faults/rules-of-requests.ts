import type { Rule, Violation } from './checker.js';
import type { Evidence, Handling, Op, Request } from './evidence.js';
import { unplanned } from './planned-windows.js';
import { keyOf, PRESUMED_DEAD, replicaOf, type Line } from './history.js';

/** Milliseconds by which Redis' clock, as a replica last heard it, may be behind. */
const CLOCK_LAG = 1_100;
/** A replica that told nothing for so long may have lost its lease, less one heartbeat. */
const LEASE_OVER = 1_800;
/** One that was silent for so long may be presumed dead. */
const UNSEEN = PRESUMED_DEAD * 0.9;
/** Milliseconds after an outage in which a replica is in touch again. */
const BACK = 3_000;
/** Milliseconds in which everybody knows of a change, when nothing is wrong. */
const SPREAD = 4_000;

const breach = (rule: string, text: string, ...lines: (Line | undefined)[]): Violation => ({
  rule,
  text,
  lines: lines.filter((line) => line !== undefined),
});

/** Did every live replica say that it has applied it. */
const isAcknowledged = ({ result }: Op): boolean => result?.ok === true && result.missing?.length === 0;

/** May it have had an effect. */
const mayCount = ({ result, wish }: Op): boolean =>
  result === undefined || result.ok || !result.refused || wish.kind === 'maintain';

/** When an operation with a timeout may be over. */
const endOf = (evidence: Evidence, { wish, begin }: Op): number =>
  wish.timeout ? Math.min(begin + wish.timeout - CLOCK_LAG, evidence.clockSet(begin)) : Infinity;

/**
 * Moments from which the key's switch may be off again, after it was surely on. A switch that was on already keeps the end it
 * had, unless it is given another.
 */
function mayOpen(evidence: Evidence, key: readonly Op[], enabled: Op): number {
  let open = Infinity;
  for (const op of key) {
    if (op.wish.kind === 'maintain' || !mayCount(op)) continue;
    const over = op.end < enabled.begin;
    if (op.wish.kind !== 'enable') {
      if (!over) open = Math.min(open, op.begin);
    } else if (op.wish.timeout) {
      const end = endOf(evidence, op);
      if (!over || end > enabled.begin - CLOCK_LAG) open = Math.min(open, end);
    }
  }
  return open;
}

/** A transport that cannot keep events has them handled whatever is on; a drain waits for those that began before the change. */
const passes = ({ route }: Handling): boolean => route.endsWith('/passing');

const isHeir = (op: Op, other: Op): boolean =>
  op.wish.lock !== false &&
  other.wish.kind === 'maintain' &&
  other.wish.lock !== false &&
  other.works.length > 0 &&
  other.works[0]!.t > (op.works[0]?.t ?? Infinity);

/** From when to when nobody may be let in because of this work, and until when nobody may still be inside. */
function held(evidence: Evidence, key: readonly Op[], op: Op) {
  const begin = op.works[0]?.t ?? Infinity;
  let end = endOf(evidence, op);
  for (const other of key) {
    if (other.wish.kind === 'unset' && mayCount(other) && other.end > op.begin)
      end = Math.min(end, other.begin);
  }
  const died = evidence.deaths.get(op.process);
  const alive = Math.min(end, op.aborted?.t ?? Infinity, op.worked ?? Infinity, died ?? Infinity);
  const isLeft = op.aborted !== undefined || op.worked !== undefined;
  // a hold stays when its holder dies, until the next one who has the lock is at work
  const taken = Math.min(...key.filter((other) => isHeir(op, other)).map(({ works }) => works[0]!.t));
  const closed = Math.min(isLeft || died === undefined ? alive : end, taken);
  return { begin, alive, closed };
}

/** No request is admitted that an acknowledged switch or a drained hold refuses, and none still runs below such work. */
export const admissions: Rule = (evidence) => {
  const found: Violation[] = [];
  for (const [key, handlings] of byKey(evidence.handlings)) {
    const ops = evidence.of(key);
    for (const op of ops.filter((op) => op.wish.kind === 'enable' && isAcknowledged(op))) {
      const open = mayOpen(evidence, ops, op);
      for (const handling of handlings.filter(({ begin }) => begin > op.end && begin < open)) {
        if (!passes(handling) && !mayNotKnow(evidence, op, handling)) {
          found.push(
            breach(
              'admission',
              `${handling.process} admitted ${handling.route} after ${op.name} was acknowledged`,
              op.line,
              handling.line,
            ),
          );
        }
      }
    }
    const drained = ops.filter(
      ({ wish, works }) => wish.kind === 'maintain' && wish.drain !== false && works.length > 0,
    );
    for (const op of drained) {
      const { begin, alive, closed } = held(evidence, ops, op);
      for (const handling of handlings) {
        const admitted = handling.begin > begin && handling.begin < closed && !passes(handling);
        const before = passes(handling) ? op.begin : begin;
        const overlaps = handling.begin <= before && handling.end > begin && begin < alive;
        if (
          (admitted && !mayNotKnow(evidence, op, handling)) ||
          (overlaps && !wasUnseen(evidence, handling, begin))
        ) {
          found.push(
            breach(
              'drain',
              `${handling.route} on ${handling.process} ${admitted ? 'was admitted' : 'still ran'} below the work of ${op.name}`,
              op.line,
              op.works[0]?.line,
              handling.line,
            ),
          );
        }
      }
    }
  }
  return found;
};

/**
 * Silent is not gone: whoever drains waits for a replica that is blocked, stopped or cut off, until it may be presumed dead;
 * also where Redis has lost its data, unless nobody was there who remembered the replica.
 */
function wasUnseen(evidence: Evidence, handling: Handling, moment: number): boolean {
  const replica = replicaOf(handling.process);
  // a live process with reset connections is the case that is left
  const severed = evidence.windows.some(
    ({ kind, target, begin, end }) =>
      kind === 'severed' &&
      target === replica &&
      begin < moment &&
      end > handling.begin &&
      moment - begin >= LEASE_OVER,
  );
  if (severed || gaveUpItsConnections(evidence, replica, handling, moment)) return true;
  return evidence
    .outages(replica)
    .some(
      ({ begin, end }) =>
        begin < moment &&
        end > handling.begin &&
        (Math.min(end, moment) - begin >= UNSEEN || forgottenByAll(evidence, replica, begin, moment)),
    );
}

/** Faults after which a replica opens new connections. */
const GIVEN_UP: ReadonlySet<string> = new Set([
  'cut',
  'freeze',
  'redis-stop',
  'redis-kill',
  'redis-restart',
  'redis-empty',
  'redis-readonly',
]);
/** Faults in which a replica opens no connection. */
const STANDS_STILL: ReadonlySet<string> = new Set(['stop', 'block', 'partition']);
/** Milliseconds in which it has opened them. */
const OPENED = 500;

/** Did it give its connections up, or lose them, and stand still or was cut off before it had opened new ones. */
function gaveUpItsConnections(
  evidence: Evidence,
  replica: string,
  handling: Handling,
  moment: number,
): boolean {
  const lost = evidence.windows.filter(
    ({ kind, target }) => GIVEN_UP.has(kind) && (target === replica || target === 'redis'),
  );
  return evidence.windows.some(
    ({ kind, target, begin, end }) =>
      STANDS_STILL.has(kind) &&
      target === replica &&
      end > handling.begin &&
      moment - begin >= LEASE_OVER &&
      lost.some((loss) => loss.begin <= begin && loss.end + OPENED >= begin),
  );
}

/** Has Redis lost its data in the span while all other replicas were away themselves. */
function forgottenByAll(evidence: Evidence, replica: string, from: number, to: number): boolean {
  const others = new Set(
    evidence.requests.map((request) => request.replica).filter((name) => name !== replica),
  );
  return evidence.windows.some(
    (loss) =>
      loss.kind === 'redis-empty' &&
      loss.begin <= to &&
      loss.end + 3_000 >= from &&
      [...others].every((other) =>
        evidence.windows.some(
          ({ target, begin, end }) =>
            target === other && begin <= loss.end + 4_000 && end >= loss.begin - 4_000,
        ),
      ),
  );
}

/** Redis has lost the change, or the replica is one that serves on without it. */
export const mayNotKnow = (
  evidence: Evidence,
  op: Op,
  { process, begin }: Pick<Handling, 'process' | 'begin'>,
): boolean => evidence.forgot(op.begin, begin) || servedStale(evidence, replicaOf(process), begin);

/** With `onStale: 'serve'` who was out of touch for longer than its lease goes on with what it knew, until it is back. */
const servedStale = (evidence: Evidence, replica: string, moment: number): boolean =>
  evidence.onStale === 'serve' &&
  evidence
    .outages(replica)
    .some(
      ({ begin, end }) =>
        begin < moment &&
        moment < end + BACK &&
        (Math.min(end, moment) - begin >= LEASE_OVER || emptied(evidence, begin, moment)),
    );

/** The list of the living is gone with Redis' data until each has told again. */
const emptied = (evidence: Evidence, from: number, to: number): boolean =>
  evidence.windows.some(
    ({ kind, begin, end }) => kind === 'redis-empty' && begin <= to && end + 3_000 >= from,
  );

/** Faults in which a replica certainly cannot record its presence. */
const OUT_OF_TOUCH: ReadonlySet<string> = new Set([
  'partition',
  'severed',
  'redis-stop',
  'redis-kill',
  'redis-readonly',
  'redis-full',
  'redis-denied',
]);
/** Milliseconds that the start of a Redis takes at most. */
const STARTING = 1_000;
/** Milliseconds of a lease, and what a journal may be late by. */
const LEASE = 3_300;

/** With `onStale: 'block'` a replica that has been out of touch for longer than its lease admits nothing. */
export const blocking: Rule = (evidence) =>
  evidence.onStale === 'serve'
    ? []
    : evidence.handlings.flatMap((handling) => {
        const replica = replicaOf(handling.process);
        const outage = evidence.windows.find(
          ({ kind, target, begin, end }) =>
            OUT_OF_TOUCH.has(kind) &&
            (target === replica || target === 'redis') &&
            begin + LEASE < handling.begin &&
            // a Redis that was started is there before that is noted
            handling.begin < (kind === 'redis-kill' ? end - STARTING : end),
        );
        return outage && keyOf(handling.route) !== undefined && !passes(handling)
          ? [
              breach(
                'blocking',
                `${handling.process} admitted ${handling.route} although it was out of touch`,
                outage.line,
                handling.line,
              ),
            ]
          : [];
      });

/** Every refusal has a cause that was in force; what is exempt is never refused; nothing answers with an error. */
export const refusals: Rule = (evidence) =>
  evidence.requests.flatMap((request) => {
    const text = judge(evidence, request);
    const cause = evidence.ops.get(request.message ?? '');
    return text
      ? [breach('refusal', `${request.route} on ${request.replica}: ${text}`, cause?.line, request.line)]
      : [];
  });

function judge(evidence: Evidence, request: Request): string | undefined {
  const { route, status, message, sent, got, replica } = request;
  const key = keyOf(route);
  if (status === 0) {
    const excused = key !== undefined || evidence.troubled(replica, sent, got, 500);
    return excused ? undefined : 'an exempt route did not answer';
  }
  if (status !== 503) return status === 200 ? undefined : `answered ${status}`;
  if (key === undefined) return 'an exempt route was refused';
  if (key === 'plan') return unplanned(evidence, request);
  const op = evidence.ops.get(message ?? '');
  if (!op) {
    return evidence.troubled(replica, sent, got, 3_000) ? undefined : `refused without a cause: ${message}`;
  }
  if (op.wish.key !== key) return `refused by another key's ${op.name}`;
  if (!mayCount(op)) return `refused by ${op.name}, which had failed for certain`;
  const quiet = Math.max(op.end, evidence.quietSince(got)) + SPREAD;
  if (op.wish.kind === 'maintain') {
    return op.result && quiet < sent && !diedUntold(evidence, op)
      ? `still refused by ${op.name}, which was left`
      : undefined;
  }
  if (op.wish.kind !== 'enable') return `refused by ${op.name}, which opens`;
  const ends = op.end + (op.wish.timeout ?? Infinity) + CLOCK_LAG;
  if (ends < sent && evidence.clockSet(op.begin) > sent) return `refused by ${op.name}, which was over`;
  if (servedStale(evidence, replica, sent)) return undefined;
  const later = evidence
    .of(key)
    .find(
      (other) =>
        other.wish.kind !== 'maintain' &&
        isAcknowledged(other) &&
        other.begin > op.end &&
        other.end < sent &&
        !evidence.forgot(op.begin, got),
    );
  return later ? `refused by ${op.name}, although ${later.name} was acknowledged after it` : undefined;
}

/** Did its process die while it could not tell Redis that it had left. */
function diedUntold(evidence: Evidence, { process, end }: Op): boolean {
  const died = evidence.deaths.get(process) ?? Infinity;
  return evidence.outages(replicaOf(process)).some((outage) => outage.begin <= end && died <= outage.end);
}

function byKey(handlings: readonly Handling[]): Map<string, Handling[]> {
  const result = new Map<string, Handling[]>();
  for (const handling of handlings) {
    const key = keyOf(handling.route);
    if (key !== undefined) {
      const list = result.get(key) ?? [];
      list.push(handling);
      result.set(key, list);
    }
  }
  return result;
}
