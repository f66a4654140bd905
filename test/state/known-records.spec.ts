import { expect, it } from 'vitest';
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
