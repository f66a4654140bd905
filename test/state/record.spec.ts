import { describe, expect, it } from 'vitest';
import { describeRecord } from '../../lib/core/document/describe-record.js';
import { nextBoundary, pruneRecord } from '../../lib/core/document/passing-time.js';
import { isOn } from '../../lib/core/document/record.js';
import { hold, notice, record } from './documents.js';

const alive = () => true;

describe('a record at a moment', () => {
  it('is off without a switch and without holds', () => {
    expect(isOn(undefined, 0)).toBe(false);
    expect(isOn(record(), 0)).toBe(false);
    expect(describeRecord(undefined, 0, alive)).toMatchObject({ value: false, since: null, holds: [] });
  });

  it('ends at the exact millisecond', () => {
    const ending = record({ switch: notice({ until: 5_000 }) });
    expect([4_999, 5_000, 5_001].map((now) => isOn(ending, now))).toEqual([true, false, false]);
    expect(describeRecord(ending, 5_000, alive).value).toBe(false);
  });

  it('is on while the switch is on or any hold lives', () => {
    const both = record({
      switch: notice({ until: 2_000 }),
      holds: [hold({ until: 3_000 }), hold({ id: 'hold-2', until: 4_000 })],
    });
    expect([1_999, 2_000, 3_000, 3_999, 4_000].map((now) => isOn(both, now))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([0, 2_000, 3_000, 4_000].map((now) => nextBoundary(both, now))).toEqual([
      2_000,
      3_000,
      4_000,
      Infinity,
    ]);
  });

  it('loses what has ended and keeps the rest', () => {
    const mixed = record({
      switch: notice({ until: 2_000 }),
      holds: [hold({ until: 3_000 }), hold({ id: 'h2' })],
    });
    expect(pruneRecord(mixed, 1_000)).toBe(mixed);
    expect(pruneRecord(mixed, 2_000)).toMatchObject({
      switch: null,
      holds: [{ id: 'hold-1' }, { id: 'h2' }],
    });
    expect(pruneRecord(mixed, 3_000)).toMatchObject({ switch: null, holds: [{ id: 'h2' }] });
  });

  it('shows an end only if each part has one that was given with the change', () => {
    const until = (switched: Parameters<typeof notice>[0], held: Parameters<typeof hold>[0]) =>
      describeRecord(record({ switch: notice(switched), holds: [hold(held)] }), 0, alive).until;
    const told = { until: 2_000, announced: true };
    expect(until(told, { until: 3_000, announced: true })).toEqual(new Date(3_000));
    expect(until(told, { until: 3_000, announced: false })).toBeNull();
    expect(until(told, { until: null, announced: true })).toBeNull();
    expect(until({ until: 2_000 }, told)).toBeNull();
  });

  it('prefers the texts of an operator to those of a job, and of the latest job to earlier ones', () => {
    const holds = [hold({ message: 'first', reason: 'why' }), hold({ id: 'hold-2', message: 'second' })];
    const describe = (on: ReturnType<typeof notice> | null) =>
      describeRecord(record({ switch: on, holds }), 0, alive);
    expect(describe(null)).toMatchObject({ message: 'second', reason: 'why', switched: false });
    expect(describe(notice({ message: 'operator' }))).toMatchObject({ message: 'operator', reason: 'why' });
    expect(describe(notice()).message).toBe('second');
  });

  it('has been on since its earliest part', () => {
    const state = describeRecord(
      record({ switch: notice({ since: 700 }), holds: [hold({ since: 300 })] }),
      0,
      alive,
    );
    expect(state.since).toEqual(new Date(300));
  });

  it('marks a hold that is not renewed', () => {
    const holds = [hold(), hold({ id: 'hold-2', owner: 'replica-2', fence: 9 })];
    const state = describeRecord(record({ holds }), 0, ({ id }) => id === 'hold-1');
    expect(state.holds).toMatchObject([
      { id: 'hold-1', abandoned: false },
      { id: 'hold-2', owner: 'replica-2', fence: 9, abandoned: true },
    ]);
  });

  it('does not mark a hold that is about to be taken over', () => {
    const holds = [hold({ fence: 1 }), hold({ id: 'heir', fence: 2 })];
    const marks = (heir: Partial<ReturnType<typeof hold>>, isLive: (id: string) => boolean) =>
      describeRecord(record({ holds: [holds[0]!, { ...holds[1]!, ...heir }] }), 0, ({ id }) =>
        isLive(id),
      ).holds.map(({ abandoned }) => abandoned);
    expect(marks({}, (id) => id === 'heir')).toEqual([false, false]);
    expect(marks({}, () => false)).toEqual([true, true]);
    expect(marks({ locked: false }, (id) => id === 'heir')).toEqual([true, false]);
  });
});
