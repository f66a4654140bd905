import { describe, expect, it } from 'vitest';
import { reconcile } from '../../lib/core/document/reconcile.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import type { StoredRecord } from '../../lib/core/store/store.js';
import { pastOf } from '../../lib/core/document/updates.js';
import { change, hold, notice, record } from './documents.js';

const made = (at: number, before?: KeyRecord, over: Partial<KeyRecord> = {}) =>
  record({ change: change({ revision: at, at }), past: pastOf(before), ...over });
const first = made(1);
const known = made(5, first, { switch: notice() });
const all = (entries: Record<string, KeyRecord | StoredRecord>) => shows(entries, true);
const some = (entries: Record<string, KeyRecord | StoredRecord>) => shows(entries, false);
const shows = (entries: Record<string, KeyRecord | StoredRecord>, whole: boolean) => ({
  all: whole,
  records: new Map(
    Object.entries(entries).map(([name, one]) => [name, 'change' in one ? { record: one } : one]),
  ),
});
const knows = (entries: Record<string, KeyRecord>) => new Map(Object.entries(entries));
const nothing = { news: new Map(), putBack: [], unreadable: new Map(), warnings: [] };

describe('what was written since the known version', () => {
  it('is news', () => {
    const next = made(6, known);
    expect(reconcile(knows({ a: known }), some({ a: next, b: first }))).toEqual({
      ...nothing,
      news: knows({ a: next, b: first }),
    });
    expect(reconcile(knows({ a: known }), some({ a: known }))).toEqual(nothing);
  });

  it('is not news if this process has overwritten it meanwhile', () => {
    expect(reconcile(knows({ a: made(6, known) }), some({ a: known }))).toEqual(nothing);
  });
});

describe('all that a store has', () => {
  it('is news to a process that knows nothing', () => {
    expect(reconcile(new Map(), all({ a: known }))).toEqual({ ...nothing, news: knows({ a: known }) });
    expect(reconcile(new Map(), all({}))).toEqual(nothing);
  });

  it.each([
    ['gone', {}, ''],
    ['older', { a: first }, first.write],
  ])('is replaced by the known state if it is %s', (_, entries, expected) => {
    expect(reconcile(knows({ a: known }), all(entries))).toEqual({
      ...nothing,
      putBack: [{ name: 'a', expected, record: known, kept: true }],
      warnings: [
        'The store has lost changes to the maintenance state: it was emptied, set back to older data, or evicts entries when its memory is full.',
      ],
    });
  });

  it('is judged key by key', () => {
    const next = made(6, known);
    const finding = reconcile(knows({ a: known, b: known, c: known }), all({ a: next, b: known }));
    expect(finding.news).toEqual(knows({ a: next }));
    expect(finding.putBack).toMatchObject([{ name: 'c', expected: '', record: known }]);
  });

  it('is merged with the known state if a process wrote it that knew less', () => {
    const held = made(5, first, { holds: [hold()] });
    const newcomer = made(9, undefined, { switch: notice({ message: 'new' }) });
    const { putBack } = reconcile(knows({ a: held }), all({ a: newcomer }));
    expect(putBack).toMatchObject([
      {
        name: 'a',
        expected: newcomer.write,
        record: { switch: { message: 'new' }, holds: [{ id: 'hold-1' }], change: { at: 9 } },
        kept: true,
      },
    ]);
  });
});

describe('a record that cannot be read', () => {
  const damaged: StoredRecord = { unreadable: 'it is empty', newer: false, mark: '~1' };

  it('is repaired by a process that knows it, and affects no other key', () => {
    const finding = reconcile(knows({ a: known }), all({ a: damaged, b: first }));
    expect(finding.putBack).toEqual([{ name: 'a', expected: '~1', record: known, kept: true }]);
    expect(finding.news).toEqual(knows({ b: first }));
    expect(finding.warnings).toEqual(['The stored maintenance record "a" cannot be read: it is empty.']);
  });

  it('is left alone if nothing is known of it, or a newer version has written it', () => {
    const newer: StoredRecord = { unreadable: 'its format is version 2', newer: true, mark: '2:w' };
    for (const [before, one] of [
      [new Map<string, KeyRecord>(), damaged],
      [knows({ a: known }), newer],
    ] as const) {
      const finding = reconcile(before, all({ a: one }));
      expect(finding.putBack).toEqual([]);
      expect([...finding.unreadable.keys()]).toEqual(['a']);
    }
  });
});

describe('a write that was given up and arrived later', () => {
  it('is replaced by the state known before it', () => {
    const late = made(7, known, { switch: notice({ message: 'late' }) });
    const { putBack } = reconcile(knows({ a: known }), all({ a: { record: late, late: true } }));
    expect(putBack).toMatchObject([
      { name: 'a', expected: late.write, kept: true, record: { switch: notice(), change: known.change } },
    ]);
    expect(putBack[0]!.record.past.slice(0, 2)).toEqual([late.write, known.write]);
    expect(putBack[0]!.record.write).not.toBe(known.write);
  });

  it('is ended if nothing was known before', () => {
    const late = made(7, undefined, { switch: notice() });
    const { putBack } = reconcile(new Map(), all({ a: { record: late, late: true } }));
    expect(putBack).toMatchObject([
      { record: { switch: null, holds: [], change: { to: false, cause: 'unset' } } },
    ]);
  });
});
