import { expect, it } from 'vitest';
import { DAY, HOUR } from '../../lib/core/keys/durations.js';
import { occurrenceAfter, occurrenceAt } from '../../lib/core/windows/occurrences.js';
import { nextAfter } from '../../lib/core/windows/repeat.js';
import { withoutCurrent, withoutOccurrence } from '../../lib/core/windows/window-edits.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { readWindow, type WindowRecord } from '../../lib/core/windows/window-record.js';
import { Random } from '../faults/random.js';

const NOW = Date.parse('2027-03-20T00:00:00Z');

/** Patterns, and the longest duration that fits between two occurrences. */
const PATTERNS = [
  { cron: '0 */6 * * *', longest: 4 * HOUR },
  { cron: '30 2 * * *', longest: 20 * HOUR },
  { cron: '30 2 * * SUN', longest: 6 * DAY },
];

interface Expected {
  readonly start: number;
  end: number;
}

/** A window, and the list of what it comes to. */
class Planned {
  private now = NOW;
  private window: WindowRecord;
  private readonly occurrences: Expected[] = [];

  constructor(private readonly random: Random) {
    const { cron, longest } = random.pick(PATTERNS);
    const repeat = { cron, timeZone: random.pick(['Europe/Berlin', 'America/New_York', 'UTC']) };
    const duration = random.between(1, longest);
    this.window = planWindow({ start: new Date(NOW), duration, repeat }, 'w', NOW);
    for (let { start } = this.window; start < NOW + 200 * DAY; start = nextAfter(repeat, start)) {
      this.occurrences.push({ start, end: start + duration });
    }
  }

  step(): void {
    const { random, window } = this;
    const current = this.current();
    switch (random.pick(['later', 'much later', 'end', 'cancel', 'cancel', 'store'])) {
      case 'later':
        this.now += random.between(1, window.duration);
        break;
      case 'much later':
        this.now += random.between(1, 4 * DAY);
        break;
      case 'end':
        if (current) {
          this.window = withoutCurrent([window], this.now)![0]!;
          current.end = this.now;
        }
        break;
      case 'cancel': {
        const near = this.occurrences.filter(({ start, end }) => end > this.now && end > start).slice(0, 8);
        const one = random.pick(near);
        this.window = withoutOccurrence(window, one.start, this.now)!;
        one.end = Math.max(one.start, this.now);
        break;
      }
      default:
        this.window = readWindow(JSON.parse(JSON.stringify(window)));
    }
  }

  found(): unknown {
    return [occurrenceAt(this.window, this.now), occurrenceAfter(this.window, this.now)].map(times);
  }

  expected(): unknown {
    const next = this.occurrences.find(({ start, end }) => start > this.now && end > start);
    return [this.current(), next].map(times);
  }

  private current(): Expected | undefined {
    return this.occurrences.find(({ start, end }) => start <= this.now && this.now < end);
  }
}

const times = (occurrence: Expected | undefined): unknown =>
  occurrence && [occurrence.start, occurrence.end].map((instant) => new Date(instant).toISOString());

it('a repeating window takes place as planned, but for what was cancelled or ended, in whatever order', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const planned = new Planned(new Random(seed));
    for (let step = 1; step <= 25; step++) {
      planned.step();
      expect(planned.found(), `seed ${seed}, step ${step}`).toEqual(planned.expected());
    }
  }
});
