import type { Rule, Violation } from './checker.js';
import type { Evidence } from './evidence.js';
import type { Line } from './history.js';

/** Milliseconds in which an acknowledgement comes when nothing is wrong: far more than a push, far less than a poll. */
const PROMPT = 500;
/** Milliseconds in which a change is found by who looks for it at once, also on a busy machine; polling takes 500 on average. */
const ATTENTIVE = 300;
/** Milliseconds after which a fault has left no trace. */
const SETTLED = 4_000;
/** Milliseconds within which a replica has the store's word for what it heard. */
const HEARD = 500;
/** Milliseconds within which all replicas agree again. */
export const AGREEMENT = 5_000;

const breach = (rule: string, text: string, ...lines: (Line | undefined)[]): Violation => ({
  rule,
  text,
  lines: lines.filter((line) => line !== undefined),
});

/**
 * A replica never goes back within one history, but for what it had only heard when Redis lost its data: another one, which has the
 * store's word for it, brings that back.
 */
export const revisions: Rule = (evidence) => {
  const found: Violation[] = [];
  const newest = new Map<string, { revision: number; since: number; line: Line }>();
  for (const { process, applied, line } of evidence.applied) {
    const { history, revision } = applied;
    const place = `${process} ${history}`;
    const before = newest.get(place);
    if (
      before &&
      history &&
      revision < before.revision &&
      !forgottenWhenHeard(evidence, before.since, line.t)
    ) {
      const text = `${process} went back from ${before.revision} to ${revision}`;
      found.push(breach('revision', text, before.line, line));
    }
    const since = before?.revision === revision ? before.since : line.t;
    newest.set(place, { revision, since, line });
  }
  return found;
};

const forgottenWhenHeard = ({ windows }: Evidence, heard: number, back: number): boolean =>
  windows.some(
    ({ kind, begin, end }) => kind === 'redis-empty' && begin - HEARD <= heard && back <= end + HEARD,
  );

/** When nothing is wrong changes are heard at once, not when somebody happens to look. */
export const promptness: Rule = (evidence) => {
  const calm = [...evidence.ops.values()]
    .filter(({ begin, end, wish, result }) => {
      const agreed = wish.acknowledge !== undefined && result?.ok === true && result.missing?.length === 0;
      return agreed && evidence.quietSince(end) + SETTLED < begin;
    })
    .sort((a, b) => a.end - a.begin - (b.end - b.begin));
  // the fastest quarter: a busy machine slows some, a lost line all
  const quick = calm[Math.floor(calm.length / 4)];
  const time = quick ? quick.end - quick.begin : 0;
  return calm.length >= 8 && time > PROMPT
    ? [
        breach(
          'promptness',
          `three quarters of ${calm.length} acknowledgements took more than ${Math.round(time)} ms`,
          quick?.line,
        ),
      ]
    : [];
};

/** Who listens again looks at once at what it has missed. */
export const attention: Rule = (evidence) => {
  const delays = evidence.windows
    .filter(({ kind }) => kind === 'slow-subscribe')
    .flatMap(({ begin, end, line }) => {
      const heard = [...evidence.ops.values()].find(
        (op) => op.begin > begin && op.begin < end && op.result?.missing?.length === 0,
      );
      return heard ? [{ line, ms: heard.end - end }] : [];
    })
    .sort((a, b) => a.ms - b.ms);
  // polling finds it too, within a second: now and then that comes as soon
  const most = delays[Math.floor(delays.length * 0.75)];
  return delays.length >= 8 && most && most.ms > ATTENTIVE
    ? [
        breach(
          'attention',
          `a quarter of ${delays.length} changes were found only ${Math.round(most.ms)} ms after listening again`,
          most.line,
        ),
      ]
    : [];
};

/** After the faults have stopped, all agree. */
export const agreement: Rule = ({ lines }) => {
  const calm = lines.findLast(({ e }) => e === 'calm');
  const agreed = lines.findLast((line) => line.e === 'agreed');
  if (!calm) return [];
  return agreed?.e === 'agreed' && agreed.t > calm.t && agreed.after <= AGREEMENT
    ? []
    : [breach('agreement', `the replicas did not agree within ${AGREEMENT} ms`, calm, agreed)];
};
