import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLater, relate, unite } from '../../lib/core/document/merge.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { applyEdit, type Edit } from '../../lib/core/document/updates.js';
import { change, hold, notice, record } from './documents.js';

const told = { message: null, reason: null, actor: null, hooks: true };
let clock = 0;

/** One more change of a key, by somebody who knew the record before. */
function edit(before: KeyRecord | undefined, over: Partial<Edit> = {}): KeyRecord {
  const wish: Edit = { switch: null, holds: before?.holds ?? [], cause: 'set', ...told, ...over };
  clock++;
  return applyEdit(before, wish, { revision: clock, at: clock });
}

const plain = ({ write: _write, past: _past, ...rest }: KeyRecord) => rest;

describe('two records of one key', () => {
  it('are related if one was made from the other', () => {
    const first = edit(undefined);
    const second = edit(first);
    const third = edit(second);
    expect(relate(first, first)).toBe('same');
    expect(relate(first, third)).toBe('later');
    expect(relate(third, first)).toBe('earlier');
    expect(relate(edit(second), third)).toBe('apart');
    expect(relate(edit(undefined), third)).toBe('apart');
  });

  it('are in the order of their changes if the later one has forgotten its origin', () => {
    const first = edit(undefined);
    let last = first;
    for (let i = 0; i < 20; i++) last = edit(last);
    expect(last.past).toHaveLength(8);
    expect(relate(first, last)).toBe('later');
    expect(relate(last, first)).toBe('earlier');
  });

  it('are merged into the later change, with holds that it did not know', () => {
    const base = edit(undefined);
    const held = edit(base, { cause: 'maintain', holds: [hold({ fence: 5 })] });
    const switched = edit(undefined, { switch: notice({ message: 'later' }) });
    const united = unite(held, switched);
    expect(united).toMatchObject({
      switch: { message: 'later' },
      holds: [{ id: 'hold-1' }],
      change: { at: switched.change.at, to: true },
      fence: 5,
    });
    expect(relate(held, united)).toBe('later');
    expect(relate(switched, united)).toBe('later');
  });

  it('keep what one of them knows of holders that others were recorded as', () => {
    const left = hold({ id: 'left', fence: 1 });
    const base = edit(undefined, { cause: 'maintain', holds: [left] });
    const standsIn = { ...left, forOthers: true };
    const succeeded = edit(base, { cause: 'maintain', holds: [standsIn, hold({ id: 'third', fence: 3 })] });
    const older = edit(base, { switch: notice({ message: 'by an older store' }) });
    const ids = [{ id: 'third' }, { id: 'left', forOthers: true }];
    expect(unite(succeeded, older).holds).toMatchObject(ids);
    const newer = edit(succeeded, { switch: notice({ message: 'later' }) });
    expect(unite(older, newer).holds).toMatchObject(ids.toReversed());
    const unset = edit(base, { cause: 'unset', holds: [] });
    expect(unite(succeeded, unset).holds).toEqual([]);
  });

  it('lose a hold that was knowingly ended', () => {
    const held = edit(undefined, { cause: 'maintain', holds: [hold()] });
    const released = edit(held, { cause: 'release', holds: [] });
    expect(relate(held, released)).toBe('later');
    const unset = edit(undefined, { cause: 'unset', holds: [] });
    expect(unite(held, unset)).toMatchObject({ switch: null, holds: [], change: { to: false } });
  });

  it('keep a hold over a switch that was turned off by a process that did not know of it', () => {
    const held = edit(undefined, { cause: 'maintain', holds: [hold()] });
    const off = edit(edit(undefined, { switch: notice() }), { switch: null });
    expect(off.change.to).toBe(false);
    expect(unite(held, off)).toMatchObject({ switch: null, holds: [{ id: 'hold-1' }], change: { to: true } });
  });

  const records = fc
    .record({
      at: fc.nat(3),
      revision: fc.nat(3),
      on: fc.boolean(),
      cause: fc.constantFrom('set', 'unset', 'maintain', 'release'),
      holds: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
      fence: fc.nat(9),
    })
    .map(({ at, revision, on, cause, holds, fence }) =>
      record({
        switch: on ? notice({ message: `${at}.${revision}` }) : null,
        holds: holds.map((id) => hold({ id })),
        change: change({ at, revision, cause }),
        fence,
      }),
    );

  it('merge to the same record in either order', () => {
    const property = fc.property(records, records, (one, other) => {
      expect(plain(unite(one, other))).toEqual(plain(unite(other, one)));
      expect(new Set(unite(one, other).past)).toEqual(new Set(unite(other, one).past));
    });
    fc.assert(property);
  });

  it('lose neither the later change nor, but for an unset, a hold', () => {
    const property = fc.property(records, records, (one, other) => {
      const united = unite(one, other);
      const later = isLater(one, other) ? one : other;
      expect(united.switch).toEqual(later.switch);
      expect(united.fence).toBe(Math.max(one.fence ?? 0, other.fence ?? 0));
      const all = later.change.cause === 'unset' ? later.holds : [...one.holds, ...other.holds];
      expect(new Set(united.holds.map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
      for (const part of [one, other]) expect(relate(part, united)).toBe('later');
    });
    fc.assert(property);
  });

  it('have a total order', () => {
    const property = fc.property(records, records, records, (a, b, c) => {
      expect(isLater(a, b)).toBe(!isLater(b, a));
      expect(isLater(a, c) || !isLater(a, b) || !isLater(b, c)).toBe(true);
    });
    fc.assert(property);
  });
});
