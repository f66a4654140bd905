import { expect, it } from 'vitest';
import { leaseTimes } from '../../lib/cli/run/lease-times.js';

it.each([
  ['just renewed: asked at half of it, killed 2.5 s before its end', 6_000, 5_400, 3_000, 3_500],
  ['a long one: killed as soon as it is no longer trusted', 60_000, 54_000, 30_000, 54_000],
  ['renewed a second ago', 6_000, 4_400, 2_000, 2_500],
  ['no longer trusted', 6_000, 0, -2_400, -1_900],
])('a lease that is %s', (_what, lease, remaining, term, kill) => {
  expect(leaseTimes(remaining, lease, 1_000_000)).toEqual({ term: 1_000_000 + term, kill: 1_000_000 + kill });
});
