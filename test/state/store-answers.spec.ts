import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HoldLiveness } from '../../lib/core/state/hold-liveness.js';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { pastOf } from '../../lib/core/document/updates.js';
import { StateView } from '../../lib/core/state/state-view.js';
import { StoreAnswers } from '../../lib/core/state/store-answers.js';
import type { RecordWrite, SyncResult } from '../../lib/core/store/store.js';
import { change, notice, record } from './documents.js';

const version = (revision: number): string => `h.${revision}.w${revision}`;
const made = (revision: number, before?: KeyRecord): KeyRecord =>
  record({
    write: `w${revision}`,
    switch: notice(),
    change: change({ revision, at: revision }),
    past: pastOf(before),
  });

/** A process that is at version 5, of a store that answers as it is told to. */
function setUp() {
  const written: RecordWrite[] = [];
  let asked = 0;
  const nothing = (): void => undefined;
  const view = new StateView(
    new KeyRegistry(),
    { now: () => 1_000 },
    new HoldLiveness(true),
    new Subject(),
    new Subject(),
  );
  const store = {
    write: (writes: readonly RecordWrite[], before: string) => {
      written.push(...writes);
      return Promise.resolve({ before, version: version(9), outcomes: writes.map((one) => one.record) });
    },
  };
  const parts = {
    store,
    view,
    list: { forgot: nothing },
    touch: { warn: nothing, restored: nothing },
    commandTimeout: 1_000,
  };
  const answers = new StoreAnswers(parts as never, () => asked++);
  view.take(new Map(), version(5));
  const answer = (at: number, stored: SyncResult['stored'], own: readonly string[]): Promise<boolean> =>
    answers.accept({ version: version(at), stored } as SyncResult, true, own);
  const accept = (at: number, stored: SyncResult['stored']): Promise<boolean> =>
    answer(at, stored, view.records.unconfirmed);
  const shows = (records: Record<string, KeyRecord>, all = false): SyncResult['stored'] => ({
    all,
    records: new Map(Object.entries(records).map(([name, one]) => [name, { record: one }])),
  });
  return { view, answer, accept, shows, written, asked: () => asked };
}

describe('what this process wrote after a write of another process it did not know of', () => {
  const own = made(7);
  const unknown = { before: version(6), version: version(7) };

  it('is confirmed by an answer that contains it', async () => {
    const { view, accept, shows, asked } = setUp();
    view.advance('own', own, unknown);
    expect([view.version, view.records.unconfirmed]).toEqual([version(5), ['own']]);
    expect(await accept(7, shows({ other: made(6), own }))).toBe(true);
    expect([view.version, view.records.unconfirmed, asked()]).toEqual([version(7), [], 0]);
  });

  it.each([
    ['has nothing new', 5, undefined],
    ['goes on without it', 6, { another: made(6) }],
  ])('is restored if a failover has lost both, and the store %s', async (_, at, records) => {
    const { view, accept, shows, written, asked } = setUp();
    view.advance('own', own, unknown);
    expect(await accept(at, records && shows(records))).toBe(false);
    // all is asked for, since no version says that anything is missing
    expect([view.version, asked()]).toEqual([null, 1]);
    expect(view.known?.keys.get('own')).toBe(own);
    expect(await accept(at, shows(records ?? {}, true))).toBe(true);
    expect(written).toMatchObject([{ name: 'own', expected: '', record: own, kept: true }]);
    expect(view.records.unconfirmed).toEqual([]);
  });

  it('is covered by an answer to an earlier question that contains it', async () => {
    const { view, answer, shows, asked } = setUp();
    // asked before the write, of which the store says nothing later
    const { unconfirmed } = view.records;
    view.advance('own', own, unknown);
    expect(await answer(7, shows({ other: made(6), own }), unconfirmed)).toBe(true);
    expect([view.version, view.records.unconfirmed]).toEqual([version(7), []]);
    expect(await answer(7, undefined, view.records.unconfirmed)).toBe(true);
    expect([view.version, asked()]).toEqual([version(7), 0]);
  });

  it('is not covered by an answer that contains what was there before', async () => {
    const { view, answer, shows } = setUp();
    const { unconfirmed } = view.records;
    const before = made(6);
    view.advance('own', before, { before: '?', version: '?' });
    view.advance('own', made(7, before), unknown);
    expect(await answer(6, shows({ own: before }), unconfirmed)).toBe(true);
    expect([view.version, view.records.unconfirmed]).toEqual([version(6), ['own']]);
  });

  it('is restored if a failover has lost it, and the store shows what was there before', async () => {
    const { view, accept, shows, written, asked } = setUp();
    const before = made(6);
    const over = made(7, before);
    view.advance('own', before, { before: '?', version: '?' });
    view.advance('own', over, unknown);
    expect(await accept(6, shows({ own: before }))).toBe(false);
    expect([view.version, asked()]).toEqual([null, 1]);
    expect(await accept(6, shows({ own: before }, true))).toBe(true);
    expect(written).toMatchObject([{ name: 'own', expected: before.write, record: over, kept: true }]);
    expect(view.records.unconfirmed).toEqual([]);
  });

  it('is not mistaken for older news when the other write comes by push', () => {
    const { view } = setUp();
    const others = made(6);
    const over = made(7, others);
    // met as this process wrote, and written over
    view.advance('own', others, { before: '?', version: '?' });
    view.advance('own', over, unknown);
    view.hear({ name: 'own', record: others, before: version(5), version: version(6) });
    expect(view.known?.keys.get('own')).toBe(over);
    view.hear({ name: 'own', record: over, before: version(6), version: version(7) });
    expect([view.version, view.records.unconfirmed]).toEqual([version(7), []]);
  });
});
