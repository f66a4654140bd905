import { expect, it } from 'vitest';
import { DescribedRecords } from '../../lib/core/state/described-records.js';
import { hold, notice, record } from './documents.js';

const NOW = 10_000;

it('a record is described once, until something of it may have changed', () => {
  const dead = new Set<string>();
  const progress = new Map<string, { done: number; total: number; at: number }>();
  const described = new DescribedRecords(
    ({ id }) => !dead.has(id),
    ({ id }) => progress.get(id) as never,
  );
  const one = record({ switch: notice({ until: NOW + 500 }) });
  const first = described.of('a', one, NOW);
  expect(described.of('a', one, NOW + 499)).toBe(first);
  expect(described.of('b', one, NOW)).not.toBe(first);
  expect(described.of('a', { ...one }, NOW).state).toEqual(first.state);
  const later = described.of('a', one, NOW + 500);
  expect(later.state.value).toBe(false);
  expect(described.of('a', one, NOW).state.value, 'the clock was set back').toBe(true);

  const held = record({ holds: [hold()] });
  const alive = described.of('a', held, NOW);
  expect(described.of('a', held, NOW)).toBe(alive);
  dead.add('hold-1');
  expect(described.of('a', held, NOW).state.holds[0]?.abandoned).toBe(true);
  dead.clear();
  expect(described.of('a', held, NOW).state.holds[0]?.abandoned).toBe(false);

  const estimated = record({ holds: [hold({ expected: 1_000, since: NOW })] });
  const begun = described.of('a', estimated, NOW);
  expect(described.of('a', estimated, NOW + 100)).not.toBe(begun);
});

it('keys that are no longer on are forgotten', () => {
  const described = new DescribedRecords(() => true);
  const all = Array.from({ length: 40 }, (_, i) => [`key-${i}`, record({ switch: notice() })] as const);
  const before = all.map(([name, one]) => described.of(name, one, NOW));
  described.keep(new Map(all.slice(0, 1)));
  const after = all.map(([name, one]) => described.of(name, one, NOW));
  expect(after.map((one, i) => one === before[i])).toEqual(all.map((_, i) => i === 0));
});
