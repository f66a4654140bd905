import type { Maintenance } from '../../lib/core/service/maintenance.js';
import { Openings } from './openings.js';
import { spanAt, type Plan, type Span } from './plan.js';
import type { Key } from './replica.js';

/** One `maintain()` as the contract sees it. */
export interface Hold {
  readonly key: Key;
  readonly locked: boolean;
  readonly replica: number;
  readonly maintenance: Maintenance;
  until: number | null;
  /** When its holder died or was cut off for good; its lease runs out after that. */
  deadSince: number | undefined;
}

/** What the contract says, in plain words: who has switched what on, who holds what, what is planned, until when. */
export class Contract {
  readonly switches = new Map<Key, { until: number | null }>();
  holds: Hold[] = [];
  /** Holds whose time is over while their holders live: these have been told, and leave. */
  over: Hold[] = [];
  /** Planned windows, also those that are over. */
  readonly plans: Plan[] = [];
  /** When holders of locks died: their leases run out after that. */
  readonly graves: { key: Key; died: number }[] = [];
  readonly fences = new Map<Key, number>();
  readonly openings = new Openings(this);
  /** Times in which an answer was lost, or not everybody could know what is: what hooks are called for then is uncertain. */
  readonly doubts: { from: number; to: number }[] = [];
  /** Changes of windows that must be in the history. */
  readonly planned: string[] = [];

  isOn(key: Key): boolean {
    this.prune();
    return this.isOnAt(key, Date.now());
  }

  /** Of what is known now, at a moment since it was last asked. */
  isOnAt(key: Key, now: number): boolean {
    return this.#parts(key, now).length > 0 || this.spanAt(key, now) !== undefined;
  }

  /** When it ends by itself; `null`: never. */
  endOf(key: Key, now: number): number | null {
    const ends = [...this.#parts(key, now).map(({ until }) => until), this.spanAt(key, now)?.end ?? 0];
    return ends.includes(null) ? null : Math.max(...(ends as number[]));
  }

  plansOf(key: Key): Plan[] {
    return this.plans.filter((plan) => plan.key === key);
  }

  /** The window that is on. */
  spanAt(key: Key, now: number): Span | undefined {
    return this.plansOf(key).flatMap((plan) => spanAt(plan, now) ?? [])[0];
  }

  /** Is a visitor with that place in the line refused; `undefined`: that is left open here. */
  refuses(key: Key, place: number, reads: boolean): { until?: number } | false | undefined {
    const now = Date.now();
    const { line, unsure } = this.openings.of(key);
    if (this.isOn(key)) {
      const span = this.spanAt(key, now);
      const isAlone = span && this.#parts(key, now).length === 0;
      return isAlone && reads && now < span.start + span.plan.readOnly ? false : {};
    }
    if (now < unsure) return undefined;
    const turn = line && line.from + place * (line.until - line.from);
    return turn !== undefined && turn > now ? { until: Math.ceil(turn) } : false;
  }

  /**
   * Somebody does something to a key.
   * @param at when it took effect
   * @param over ms over which visitors come back; `null`: what was asked for before does not count any more
   */
  change(key: Key, at: number, edit: () => void, over?: number | null): void {
    this.openings.pass(at);
    const was = this.isOnAt(key, at);
    const length = this.openings.lengthOf(key, at);
    edit();
    this.openings.changed(key, at, was, { over, length });
    this.prune();
  }

  /** A window is planned, which may be announced already, or on. */
  schedule(plan: Plan, at: number): void {
    this.change(plan.key, at, () => this.plans.push(plan));
    this.openings.planned(plan, at);
  }

  /** A window is put off, or set forward. */
  move(plan: Plan, moved: Plan, at: number): void {
    this.change(plan.key, at, () => this.plans.splice(this.plans.indexOf(plan), 1, moved));
    if (moved.start !== plan.start) this.openings.planned(moved, at);
  }

  /** Ends the window that is on. */
  endSpan(key: Key, at: number): void {
    const span = this.spanAt(key, at);
    if (!span) return;
    span.plan.ended.set(span.start, at);
    this.openings.of(key).planned = span.plan.reopenOver;
  }

  /** It has left, and those with it whose lock it had taken over. */
  left(hold: Hold): void {
    const isTakenOver = (other: Hold): boolean =>
      hold.locked &&
      other.locked &&
      other.key === hold.key &&
      other.maintenance.fence < hold.maintenance.fence;
    this.change(hold.key, Date.now(), () => {
      this.holds = this.holds.filter((other) => other !== hold && !isTakenOver(other));
    });
  }

  /** What has ended by itself is gone. */
  prune(): void {
    const now = Date.now();
    this.openings.pass(now);
    const isOver = ({ until }: { until: number | null }): boolean => until !== null && until <= now;
    for (const [key, on] of this.switches) if (isOver(on)) this.switches.delete(key);
    this.over.push(...this.holds.filter((hold) => isOver(hold) && hold.deadSince === undefined));
    this.holds = this.holds.filter((hold) => !isOver(hold));
  }

  #parts(key: Key, now: number): { until: number | null }[] {
    const on = this.switches.get(key);
    const holds = this.holds.filter((hold) => hold.key === key);
    return [...(on ? [on] : []), ...holds].filter(({ until }) => until === null || now < until);
  }
}
