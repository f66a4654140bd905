import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ExpectedPushes } from '../../lib/core/state/expected-pushes.js';
import { KnownRecords } from '../../lib/core/state/known-records.js';
import { record } from './documents.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const own = record({ write: 'own' });

/** A process that wrote after a write that it does not know. */
function setUp() {
  const records = new KnownRecords();
  const ask = vi.fn();
  const pushes = new ExpectedPushes({ records }, ask);
  records.take(new Map(), 'h.1.first');
  records.advance('a', own, { before: 'h.2.other', version: 'h.3.own' });
  pushes.wait();
  pushes.wait();
  return { records, pushes, ask };
}

it('the store is asked once for what does not come by push', () => {
  const { ask } = setUp();
  vi.advanceTimersByTime(1_000);
  expect(ask).toHaveBeenCalledTimes(1);
});

it('the store is asked for nothing that has come', () => {
  const { records, ask } = setUp();
  records.hear({ name: 'b', record: record(), before: 'h.1.first', version: 'h.2.other' });
  records.hear({ name: 'a', record: own, before: 'h.2.other', version: 'h.3.own' });
  vi.advanceTimersByTime(1_000);
  expect(ask).not.toHaveBeenCalled();
});

it('a process that leaves asks no more', () => {
  const { pushes, ask } = setUp();
  pushes.stop();
  vi.advanceTimersByTime(1_000);
  expect(ask).not.toHaveBeenCalled();
});
