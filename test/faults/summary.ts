import type { Violation } from './checker.js';
import { Evidence, OUT_OF_TOUCH, type Window } from './evidence.js';
import type { Line } from './history.js';
import type { Run } from './run.js';

/** Faults after which a replica has to find back. */
const OUTAGES = new Set<string>([
  ...OUT_OF_TOUCH,
  'cut',
  'redis-stop',
  'redis-kill',
  'redis-restart',
  'redis-empty',
  'redis-readonly',
  'redis-full',
  'redis-denied',
]);

/** What is no request, by its route. */
const WORK = /\/(tick|missed|queued|told|event|passing|noted|asked)$/;

/** What a run amounts to, in a few lines. */
export function summary({ seed, seconds, lines, violations }: Run): string {
  const evidence = new Evidence(lines);
  const kinds = count(evidence.windows.map(({ kind }) => kind));
  const ops = [...evidence.ops.values()];
  const outcomes = count(
    ops.map(({ wish, result }) => `${wish.kind} ${result ? (result.error ?? 'ok') : 'died'}`),
  );
  const answers = count(evidence.requests.map((request) => answerOf(evidence, request)));
  const recoveries = evidence.windows.flatMap((window) => recovery(evidence, window)).sort((a, b) => a - b);
  const stored = lines.filter((line) => line.e === 'stored');
  const agreed = lines.findLast((line) => line.e === 'agreed');
  return [
    `seed ${seed}, ${seconds} s, ${lines.length} lines`,
    `fault windows: ${evidence.windows.length} (${listed(kinds)})`,
    `records: ${stored.length} written, ${stored.filter(({ tide }) => tide).length} with what only a newer version knows`,
    `requests: ${evidence.requests.length} (${listed(answers)}), handlers ${evidence.handlings.length}`,
    `jobs and events: ${listed(count(evidence.handlings.flatMap(({ route }) => WORK.exec(route)?.[1] ?? [])))}`,
    `calls: ${ops.length} (${listed(outcomes)})`,
    `recoveries: ${recoveries.length}, p50 ${at(recoveries, 0.5)} ms, p99 ${at(recoveries, 0.99)} ms`,
    `agreement after the last fault: ${agreed?.e === 'agreed' ? Math.round(agreed.after) : 'none'} ms`,
    `violations: ${violations.length}`,
  ].join('\n');
}

/** What is needed to understand a breach: the seed, what had been done to the world around it, and the lines. */
export function report(run: Pick<Run, 'seed' | 'lines'>, violation: Violation): string {
  const times = violation.lines.map(({ t }) => t);
  const begin = run.lines[0]?.t ?? 0;
  const [from, to] = [Math.min(...times) - 3_000, Math.max(...times) + 1_000];
  const names = new Set(violation.lines.flatMap((line) => ('op' in line ? [line.op] : [])));
  const around = run.lines.filter(
    (line) =>
      line.t >= from &&
      line.t <= to &&
      (['fault', 'healed', 'killed', 'op', 'done', 'work', 'worked', 'abort', 'boot'].includes(line.e) ||
        ('op' in line && names.has(line.op) && line.e !== 'act' && line.e !== 'wrote')),
  );
  const show = ({ t, p, ...event }: Line, mark = ' '): string =>
    `${mark} ${((t - begin) / 1000).toFixed(3)} ${p} ${JSON.stringify(event)}`;
  const marked = new Set(violation.lines);
  const all = [...new Set([...around, ...violation.lines])].sort((a, b) => a.t - b.t);
  return [
    `VIOLATION (${violation.rule}), seed ${run.seed}: ${violation.text}`,
    ...all.slice(-120).map((line) => show(line, marked.has(line) ? '>' : ' ')),
  ].join('\n');
}

/** From the end of a fault to the first sound answer, per replica that it has hit. */
function recovery(evidence: Evidence, { kind, target, end, line }: Window): number[] {
  if (!OUTAGES.has(kind)) return [];
  const hit = target === 'redis' ? new Set(evidence.requests.map(({ replica }) => replica)) : [target];
  return [...hit].flatMap((replica) => {
    const again = evidence.windows.find(
      (window) =>
        window.end > end &&
        window.line !== line &&
        (window.target === replica || window.kind.startsWith('redis')),
    );
    const sound = evidence.requests.find(
      (request) =>
        request.replica === replica &&
        request.got > end &&
        request.route !== '/health' &&
        isSound(evidence, request),
    );
    return sound && sound.got < (again?.begin ?? Infinity) ? [sound.got - end] : [];
  });
}

type Request = Evidence['requests'][number];

const isSound = (evidence: Evidence, { status, message }: Request): boolean =>
  status === 200 || evidence.ops.has(message ?? '');

function answerOf(evidence: Evidence, request: Request): string {
  if (request.status === 0) return 'unanswered';
  if (request.status === 200) return 'served';
  return evidence.ops.has(request.message ?? '') ? 'refused' : 'blocked while out of touch';
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const listed = (counts: Map<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

const at = (sorted: readonly number[], share: number): number | string =>
  sorted.length === 0
    ? '-'
    : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
