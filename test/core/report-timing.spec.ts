import { expect, it } from 'vitest';
import { ReportTiming } from '../../lib/core/cluster/report-timing.js';

function after(way: number, waits: readonly number[]): ReportTiming {
  const timing = new ReportTiming();
  timing.looked(way);
  waits.forEach((ms) => timing.woken(ms));
  return timing;
}

it('a look sets out so that it arrives just after the latest of the last eight reports', () => {
  // reports reach the store half a way before the wake-up comes, and a look is half a way under way
  expect(after(16, [20, 20, 20, 20, 24, 20, 20, 20]).next).toBe(9);
  expect(after(16, [90, 20, 20, 20, 20, 24, 20, 20, 20]).next).toBe(9);
});

it('a look sets out at once if the others report sooner', () => {
  expect(after(40, [20, 20, 20, 20, 20, 20, 20, 20]).next).toBe(0);
});

it('a look waits for the wake-up until it is known how long reports take, or if the store is near', () => {
  expect(after(16, [20, 20, 20, 20, 20, 20, 20]).next).toBeUndefined();
  expect(after(1, [20, 20, 20, 20, 20, 20, 20, 20]).next).toBeUndefined();
  expect(new ReportTiming().next).toBeUndefined();
});

it('the shortest of the last eight looks counts as the way', () => {
  const timing = after(5, [20, 20, 20, 20, 20, 20, 20, 20]);
  timing.looked(30);
  expect(timing.next).toBe(16);
  Array.from({ length: 7 }, () => timing.looked(30));
  expect(timing.next).toBe(0);
});
