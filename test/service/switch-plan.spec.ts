import { describe, expect, it } from 'vitest';
import { planSet, planUnset } from '../../lib/core/service/switch-plan.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import { hold, notice, record } from '../state/documents.js';

const KEY = new MaintenanceKey('billing');
const NOW = Date.parse('2027-03-01T00:00:00Z');
const TEXTS = { '': 'Back soon', de: 'Gleich zurück' };

it('unsetMaintenance() rejects a misspelt option', () => {
  expect(() => planUnset({ ifrevision: 3 } as never, true)).toThrow(
    'Unknown option "ifrevision" of unsetMaintenance(); accepted: reason, actor, ifRevision.',
  );
  expect(() => planUnset(null as never, true)).toThrow('"options of unsetMaintenance()" received null');
});

describe('what is written when an operator', () => {
  it('turns on a key that a job holds without texts: the texts of the job in all languages', () => {
    const held = record({ holds: [hold({ since: NOW - 60_000, message: TEXTS, reason: 'migration' })] });
    expect(planSet(KEY, true, { actor: 'ann' }, NOW).edit(held, NOW)).toMatchObject({
      switch: { message: null, reason: null, actor: 'ann', since: NOW - 60_000 },
      message: TEXTS,
      reason: 'migration',
      actor: 'ann',
      reopenOver: 0,
    });
  });

  it('turns off a key that is off: nothing, except how it reopens after a job', () => {
    expect(planSet(KEY, false, { reopenOver: 60_000 }, NOW).edit(record(), NOW)).toBeNull();
    const held = record({ holds: [hold()] });
    expect(planSet(KEY, false, {}, NOW).edit(held, NOW)).toBeNull();
    expect(planSet(KEY, false, { reopenOver: 60_000 }, NOW).edit(held, NOW)).toMatchObject({
      switch: null,
      holds: [{ id: 'hold-1' }],
      reopenOver: 60_000,
    });
  });

  it('turns off a key that is on, without saying how: as planned before', () => {
    const edit = planSet(KEY, false, { reason: 'done' }, NOW).edit(record({ switch: notice() }), NOW);
    expect(edit).toMatchObject({ switch: null, message: null, reason: 'done' });
    expect(edit).not.toHaveProperty('reopenOver');
  });

  it('opens a reopening key at once when it is switched off', () => {
    const opening = record({ reopening: { from: NOW - 1_000, until: NOW + 1_000 } });
    expect(planSet(KEY, false, {}, NOW).edit(opening, NOW)).toMatchObject({ switch: null, reopenOver: 0 });
  });

  it('forgets a key: nothing where nothing is recorded', () => {
    expect(planUnset({}, true).edit(undefined, NOW)).toBeNull();
    expect(planUnset({}, true).edit(record(), NOW)).toBeNull();
    expect(planUnset({ actor: 'ann' }, true).edit(record({ holds: [hold()] }), NOW)).toMatchObject({
      switch: null,
      holds: [],
      cause: 'unset',
      actor: 'ann',
    });
  });
});
