import { KEYS, type Key } from './replica.js';
import type { Contract } from './contract.js';
import { spansOf, type Plan } from './plan.js';

/** How visitors come back, and until when. */
export interface Line {
  from: number;
  until: number;
}

/** What must have happened by itself, and where hooks hear of it. */
export interface Turn {
  readonly event: 'entering' | 'exiting' | 'announced' | 'overrun' | 'begin' | 'end';
  readonly key: Key;
  readonly id: string;
  readonly start: number;
  readonly at: number;
}

/** How a key opened last, in plain words. */
class Opening {
  /** While it is on: what an operator has asked for. */
  asked: number | undefined;
  /** While it is on: how the last window that ended since then reopens. */
  planned = 0;
  line: Line | undefined;
  /** The key was on again before everybody was back: what becomes of the rest is for phases.spec.ts to say. */
  unsure = -Infinity;
}

/** Follows each key through time: what opens it, and for whom when. */
export class Openings {
  readonly turns: Turn[] = [];
  private readonly keys = new Map(KEYS.map((key) => [key, new Opening()]));
  private at = Date.now();

  constructor(private readonly contract: Contract) {}

  of(key: Key): Opening {
    return this.keys.get(key)!;
  }

  /** What has come by itself since it was last asked. */
  pass(now: number): void {
    const moments = KEYS.flatMap((key) => this.moments(key, now).map((at) => ({ key, at })));
    for (const { key, at } of moments.sort((a, b) => a.at - b.at)) this.turn(key, at);
    this.at = Math.max(this.at, now);
  }

  /**
   * Somebody has done something to a key.
   * @param was it on before
   * @param over how long it is to open; `null`: nobody asks for anything any more
   * @param length how long it was to open
   */
  changed(
    key: Key,
    at: number,
    was: boolean,
    { over, length }: { over: number | null | undefined; length: number },
  ): void {
    const opening = this.of(key);
    const is = this.contract.isOnAt(key, at);
    if (is) {
      if (!was) this.begin(opening, at);
      opening.asked = over === null ? undefined : (over ?? opening.asked);
    } else if (was) {
      opening.line = { from: at, until: at + (over ?? length) };
    } else if (typeof over === 'number' && opening.line && at < opening.line.until) {
      opening.line = { from: at, until: at + over };
      // those who are in stay in: only the end is known
      if (over > 0) opening.unsure = at + over;
    }
  }

  /** A window that is announced from the moment it is planned. */
  planned({ id, key, start, announce }: Plan, at: number): void {
    if (announce !== false && start - announce <= at && at < start)
      this.turns.push({ event: 'announced', key, id, start, at });
  }

  /** Ms over which visitors come back, as far as that is known. */
  lengthOf(key: Key, at: number): number {
    const { asked, planned } = this.of(key);
    const current = this.contract.spanAt(key, at);
    return asked ?? current?.plan.reopenOver ?? planned;
  }

  private begin(opening: Opening, at: number): void {
    if (opening.line && at < opening.line.until)
      opening.unsure = Math.max(opening.unsure, opening.line.until);
    Object.assign(opening, { asked: undefined, planned: 0, line: undefined });
  }

  private moments(key: Key, now: number): number[] {
    const { contract, at } = this;
    const ends = [contract.switches.get(key), ...contract.holds.filter((hold) => hold.key === key)];
    const spans = contract.plansOf(key).flatMap((plan) => Array.from(spansOf(plan, at - 1, now + 60_000)));
    const all = [
      ...ends.map((part) => part?.until ?? Infinity),
      ...spans.flatMap(({ start, end, plan }) => [start, end, start - (plan.announce || 0)]),
    ];
    return [...new Set(all)].filter((moment) => moment > at && moment <= now);
  }

  private turn(key: Key, at: number): void {
    const { contract } = this;
    const [was, is] = [contract.isOnAt(key, at - 1), contract.isOnAt(key, at)];
    const opening = this.of(key);
    const note = (event: Turn['event'], id: string, start: number): number =>
      this.turns.push({ event, key, id, start, at });
    for (const plan of contract.plansOf(key)) {
      for (const { start, end } of spansOf(plan, at - 1, at + 60_000)) {
        if (plan.announce !== false && start - plan.announce === at && at < start && end > start)
          note('announced', plan.id, start);
        if (start === at && end > at) {
          note('begin', plan.id, start);
          if (!was) note('entering', plan.id, start);
        }
        if (end === at && start < at && !plan.ended.has(start)) {
          note('end', plan.id, start);
          if (!is) note('exiting', plan.id, start);
          else if (contract.endOf(key, at) === null) note('overrun', plan.id, start);
          opening.planned = plan.reopenOver;
        }
      }
    }
    if (is && !was) this.begin(opening, at);
    if (was && !is) {
      const length = opening.asked ?? opening.planned;
      opening.line = { from: at, until: at + length };
    }
  }
}
