import { describe, expect, it } from 'vitest';
import { KnownRecords } from '../../lib/core/state/known-records.js';
import { record } from './documents.js';

const FIRST = 'h.1.first';

it.each([
  ['that of its write', ['h.2.own']],
  ['a later one', ['h.2.own', 'h.3.other']],
])('a write whose push was faster than its answer is covered by the version of %s', (_which, versions) => {
  const records = new KnownRecords();
  records.take(new Map(), FIRST);
  const own = record({ write: 'own' });
  versions.forEach((version, i) => {
    const news = i === 0 ? { name: 'a', record: own } : { name: 'b', record: record() };
    records.hear({ ...news, before: versions[i - 1] ?? FIRST, version });
  });
  expect(records.proven.has('a')).toBe(false);
  expect(records.advance('a', own, { before: FIRST, version: 'h.2.own' })).toBe(true);
  expect(records.version).toBe(versions.at(-1));
  // the store has accepted it; nothing is left to ask
  expect(records.unconfirmed).toEqual([]);
  expect(records.proven.get('a')).toBe(own);
});

it('a write after others that are not known yet is not covered by the version that is known', () => {
  const records = new KnownRecords();
  records.take(new Map(), FIRST);
  expect(records.advance('a', record(), { before: 'h.2.other', version: 'h.3.own' })).toBe(true);
  expect([records.version, records.unconfirmed]).toEqual([FIRST, ['a']]);
});

describe('a push that comes after an answer that has brought it', () => {
  const first = record({ write: 'first', past: [] });
  const last = record({ write: 'last', past: ['first'] });
  const setUp = (): KnownRecords => {
    const records = new KnownRecords();
    records.take(new Map(), FIRST);
    records.follow(new Map([['a', last]]), 'h.3.last');
    return records;
  };

  it.each([
    ['the write that is known', last, 'h.3.last'],
    ['one that it was made from', first, 'h.2.first'],
  ])('is past: %s', (_, pushed, version) => {
    expect(setUp().isPast({ name: 'a', record: pushed, before: FIRST, version })).toBe(true);
  });

  it.each([
    ['another key', 'b', first, 'h.2.first'],
    ['a later version', 'a', last, 'h.4.last'],
    ['another history', 'a', first, 'other.2.first'],
    // a store that was set back goes on from there, with the same numbers
    ['what is known, put back into a store that was set back', 'a', last, 'h.3.put-back'],
    ['a write that what is known was not made from', 'a', record({ write: 'fork', past: [] }), 'h.2.fork'],
  ])('is a reason to look: %s', (_, name, pushed, version) => {
    expect(setUp().isPast({ name, record: pushed, before: FIRST, version })).toBe(false);
  });

  it('is a reason to look while nothing is known for certain', () => {
    const records = setUp();
    records.distrust();
    expect(records.isPast({ name: 'a', record: last, before: FIRST, version: 'h.3.last' })).toBe(false);
  });
});
