import type { Key } from './replica.js';

/** A planned window as the contract sees it: numbers on the test's clock, and no cron. */
export interface Plan {
  readonly id: string;
  readonly key: Key;
  /** Of its first occurrence. */
  readonly start: number;
  readonly duration: number;
  /** Ms between two starts; `null`: it does not repeat. */
  readonly every: number | null;
  readonly announce: number | false;
  readonly readOnly: number;
  readonly reopenOver: number;
  /** Starts of occurrences that ended early, and when; those that were cancelled have ended when they begin. */
  readonly ended: Map<number, number>;
  /** No occurrence begins after this. */
  last: number;
}

export interface Span {
  readonly plan: Plan;
  readonly start: number;
  readonly end: number;
}

/** Occurrences that end after one moment and begin by another, in order; of a window that was cancelled too. */
export function* spansOf(plan: Plan, from: number, to: number): Iterable<Span> {
  const { every, duration, ended } = plan;
  const behind = Math.max(0, Math.ceil((from - duration - plan.start + 1) / (every ?? Infinity)) || 0);
  for (let start = plan.start + behind * (every ?? 0); start <= Math.min(to, plan.last);) {
    const end = ended.get(start) ?? start + duration;
    if (end > from) yield { plan, start, end };
    if (every === null) return;
    start += every;
  }
}

/** The one that is on. */
export function spanAt(plan: Plan, now: number): Span | undefined {
  for (const span of spansOf(plan, now, now)) if (span.start <= now && now < span.end) return span;
  return undefined;
}

/** The next that was not cancelled. */
export function nextSpan(plan: Plan, after: number): Span | undefined {
  for (const span of spansOf(plan, after, after + 20 * (plan.every ?? Infinity)))
    if (span.start > after && span.end > span.start) return span;
  return undefined;
}

/** Is it on, or to come. */
export const isPending = (plan: Plan, now: number): boolean =>
  spanAt(plan, now) !== undefined || nextSpan(plan, now) !== undefined;

/** Would two windows be on at the same time. */
export function overlap(one: Plan, other: Plan, now: number): boolean {
  // all that repeat do so at the same seconds
  if (one.every !== null && other.every !== null) return true;
  const end = Math.max(one.start + one.duration, other.start + other.duration);
  const spans = (plan: Plan): Span[] => [...spansOf(plan, now, end)].filter(({ start, end }) => end > start);
  return spans(one).some((a) => spans(other).some((b) => a.start < b.end && b.start < a.end));
}
