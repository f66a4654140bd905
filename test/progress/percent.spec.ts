import { expect, it } from 'vitest';
import { percentOf as onPages } from '../../lib/browser/percent.js';
import { parseProgress } from '../../lib/core/progress/parse-progress.js';
import { percentOf } from '../../lib/core/progress/percent.js';

it.each([percentOf, onPages])('each reported percentage is shown unchanged', (shown) => {
  const all = Array.from({ length: 101 }, (_, percent) => percent);
  expect(all.map((percent) => shown(parseProgress({ percent }).value))).toEqual(all);
  expect([0.999_999, 0.295].map(shown)).toEqual([99, 29]);
});
