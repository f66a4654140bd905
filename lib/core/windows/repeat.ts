import { Cron } from 'croner';
import { instantOf, skippedBefore, wallClock } from './time-zone.js';

/** How a window repeats. */
export interface RepeatRecord {
  /** Five fields (or six, with seconds first), as croner reads them. */
  readonly cron: string;
  /** IANA name of the pattern's time zone. */
  readonly timeZone: string;
  /** Epoch ms of the last start; `null`: it goes on for ever. */
  readonly last: number | null;
  /** The requested limits: no start after that moment, and at most that many. */
  readonly until: number | null;
  readonly count: number | null;
}

type Pattern = Pick<RepeatRecord, 'cron' | 'timeZone'>;

/** How many patterns are cached, with the moments found: the same ones are requested again and again. */
const REMEMBERED = 2_000;
/** How many stretches of moments are cached for each, and how many moments of each stretch. */
const STRETCHES = 3;
const MOMENTS = 1_000;
/** Occurrences that are searched one after another before the search starts over. */
const STEPS = 8;

/** All moments of a pattern in some time. */
interface Stretch {
  /** They come after that one, up to the last of {@link moments}, which are in order. */
  from: number;
  readonly moments: number[];
}

interface Series {
  readonly clock: Cron;
  /** Those around now, and those of which the history tells, say; the one that was used last is the last. */
  readonly stretches: Stretch[];
}

const known = new Map<string, Series>();

/** @returns why a pattern cannot be read; `undefined` when it can */
export function patternFault(cron: unknown): string | undefined {
  // a date would be read as a pattern that matches once
  if (typeof cron !== 'string' || cron.length > 200 || /\d{4}-\d\d-\d\d/.test(cron)) {
    return 'not a cron pattern';
  }
  try {
    return new Cron(cron, { utcOffset: 0, paused: true }).nextRun() ? undefined : 'it never occurs';
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: |\.$/g, '') : String(error);
  }
}

/**
 * The first moment after another at which a pattern matches; `Infinity` if there is none. The pattern is evaluated in local time
 * alone, so that a skipped or repeated local time means the same here as in a single window.
 */
export function nextAfter(pattern: Pattern, after: number): number {
  const stretch = stretchAt(seriesOf(pattern), pattern.timeZone, after);
  const { moments } = stretch;
  if (moments.length > MOMENTS) {
    stretch.from = moments.splice(0, MOMENTS / 2).at(-1) ?? stretch.from;
    return nextAfter(pattern, after);
  }
  return firstGreater(moments, after);
}

/** Moments around one, in order; the last one comes after it. */
function stretchAt({ clock, stretches }: Series, timeZone: string, after: number): Stretch {
  let near: Stretch | undefined;
  for (const stretch of stretches) {
    if (stretch.from <= after && !(near && near.from > stretch.from)) {
      near = stretch;
    }
  }
  if (near) {
    for (let step = 0; after >= lastOf(near) && step < STEPS; step++) {
      near.moments.push(find(clock, timeZone, lastOf(near)));
    }
  }
  const found =
    near && after < lastOf(near) ? near : { from: after, moments: [find(clock, timeZone, after)] };
  if (found !== stretches.at(-1)) {
    const others = stretches.filter((other) => other !== found);
    stretches.splice(0, Infinity, ...others.slice(1 - STRETCHES), found);
  }
  return found;
}

const lastOf = ({ moments }: Stretch): number => moments.at(-1) ?? -Infinity;

/** The first greater number in a sorted list. */
function firstGreater(list: readonly number[], than: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? Infinity) > than) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return list[low] ?? Infinity;
}

function find(clock: Cron, timeZone: string, after: number): number {
  // whole seconds: patterns know nothing finer
  let wall = Math.floor((wallClock(after, timeZone) - skippedBefore(after, timeZone)) / 1000) * 1000 - 1000;
  let best = Infinity;
  let limit = Infinity;
  for (;;) {
    const next = clock.nextRun(new Date(wall))?.getTime();
    if (next === undefined || next > limit) {
      return best;
    }
    wall = next;
    const instant = instantOf(wall, timeZone);
    if (instant > after) {
      best = Math.min(best, instant);
      // one that has moved forward may come after one whose local time is later
      limit = Math.min(limit, wallClock(instant, timeZone) - 1);
    }
  }
}

function seriesOf({ cron, timeZone }: Pattern): Series {
  const name = `${timeZone} ${cron}`;
  let series = known.get(name);
  if (!series) {
    series = { clock: new Cron(cron, { utcOffset: 0, paused: true }), stretches: [] };
    if (known.size >= REMEMBERED) {
      known.delete(known.keys().next().value ?? '');
    }
    known.set(name, series);
  }
  return series;
}
