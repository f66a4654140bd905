import type { MaintenanceHistoryEntry } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { undoOf, undoOfWindow } from '../../lib/admin/undo.js';
import type { KeptEntry } from '../../lib/core/history/entry-record.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';

const NOW = 10_000;
const before = { message: null, reason: null, until: null, endsAt: null, switched: false };
const entry = (over: Partial<MaintenanceHistoryEntry> = {}): MaintenanceHistoryEntry => ({
  id: 'a',
  key: 'billing',
  event: 'entering',
  way: 'admin',
  cause: 'set',
  from: false,
  to: true,
  message: null,
  reason: null,
  actor: null,
  until: null,
  endsAt: null,
  extended: false,
  revision: 7,
  at: new Date(5_000),
  previous: before,
  switched: true,
  ...over,
});
const wasOn = (over: object = {}) =>
  entry({ event: 'exiting', switched: false, previous: { ...before, switched: true, ...over } });

describe('undoing a change', () => {
  it.each<[string, MaintenanceHistoryEntry, object]>([
    ['ends what was started', entry(), { mode: false }],
    ['also what the command line and code did', entry({ way: 'cli' }), { mode: false }],
    [
      'starts what was ended, as it was',
      wasOn({ message: 'Soon', reason: 'disk', until: new Date(20_000), endsAt: new Date(20_000) }),
      { mode: true, message: 'Soon', reason: 'disk', until: '1970-01-01T00:00:20.000Z' },
    ],
    [
      'restores all languages',
      wasOn({ message: 'Soon', messages: { '': 'Soon', de: 'Bald' } }),
      { mode: true, message: { '': 'Soon', de: 'Bald' }, reason: null, timeout: 0 },
    ],
    [
      'restores the safety net',
      wasOn({ endsAt: new Date(99_000) }),
      { mode: true, message: null, reason: null, timeout: null },
    ],
    [
      'starts what was unset, without the jobs that ran',
      { ...wasOn({ reason: 'disk', endsAt: new Date(99_000) }), cause: 'unset' },
      { mode: true, message: null, reason: 'disk', timeout: null },
    ],
    [
      'restores what was changed',
      entry({ event: 'changed', from: true, previous: { ...before, switched: true, message: 'A' } }),
      { mode: true, message: 'A', reason: null, timeout: 0 },
    ],
  ])('%s', (_what, made, undo) => {
    expect(undoOf(made, 7, NOW)).toEqual(undo);
  });

  it('restores the switch, not what a job or a window beside it said', () => {
    const jobs = { message: 'Moving', reason: 'npx migrate', until: null, endsAt: null };
    const made = entry({ event: 'changed', from: true, previous: { ...before, ...jobs, switched: true } });
    const own = { since: 1, message: null, reason: 'disk', actor: 'ada' };
    const undone = (until: number | null, announced: boolean) =>
      undoOf({ ...made, switchBefore: { ...own, until, announced } }, 7, NOW);
    const mode = { mode: true, message: null, reason: 'disk' };
    expect(undone(20_000, true)).toEqual({ ...mode, until: '1970-01-01T00:00:20.000Z' });
    expect(undone(20_000, false)).toEqual({ ...mode, timeout: null });
    expect(undone(null, true)).toEqual({ ...mode, timeout: 0 });
    expect(undone(NOW, true)).toBeNull();
  });

  it.each<[string, MaintenanceHistoryEntry]>([
    ['something that was changed since', entry({ revision: 6 })],
    ['what a job did', entry({ cause: 'maintain' })],
    ['what happened by itself', entry({ cause: 'expiry', way: 'expiry', event: 'exiting', switched: false })],
    ['a window', entry({ cause: 'window', event: 'scheduled', switched: false })],
    ['an unset that has stopped a job only', entry({ cause: 'unset', event: 'exiting', switched: false })],
    ['what would be over by now', wasOn({ until: new Date(NOW), endsAt: new Date(NOW) })],
    ['a key that was off before and after', entry({ event: 'changed', switched: false })],
  ])('is impossible for %s', (_what, made) => {
    expect(undoOf(made, 7, NOW)).toBeNull();
  });
});

describe('undoing a change of a window', () => {
  const window = planWindow({ start: new Date(20_000), duration: 5_000 }, 'w', NOW);
  const planned = (over: Partial<KeptEntry> = {}): KeptEntry => ({
    ...entry({ cause: 'window', event: 'scheduled', switched: false }),
    windowBefore: null,
    ...over,
  });

  it.each<[string, KeptEntry, object]>([
    ['cancels what was planned', planned(), { window: 'cancel' }],
    ['restores what was changed', planned({ windowBefore: window }), { window: 'restore' }],
    [
      'restores what was cancelled',
      planned({ event: 'cancelled', windowBefore: window }),
      { window: 'restore' },
    ],
    [
      'restores what an operator ended early',
      { ...entry({ event: 'exiting', switched: false }), windowBefore: window },
      { window: 'restore' },
    ],
  ])('%s', (_what, made, undo) => {
    expect(undoOfWindow(made, window, 7, NOW)).toEqual(undo);
  });

  it.each<[string, KeptEntry, number?]>([
    ['something that was changed since', planned({ revision: 6 })],
    ['what is over by now', planned({ windowBefore: window }), 25_000],
    ['what was planned and is over by now', planned(), 25_000],
    ['what happened by itself', planned({ way: 'window' })],
    ['a switch', entry()],
    ['an entry of a version that kept less', { ...planned(), windowBefore: undefined } as never],
    ['a window of a version that plans otherwise', planned({ windowBefore: { id: 'w' } as never })],
  ])('is impossible for %s', (_what, made, now = NOW) => {
    expect(undoOfWindow(made, window, 7, now)).toBeNull();
  });
});
