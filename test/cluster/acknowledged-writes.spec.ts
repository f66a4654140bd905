import { expect, it } from 'vitest';
import { AcknowledgedWrites } from '../../lib/core/cluster/acknowledged-writes.js';
import type { StateDocument } from '../../lib/core/document/record.js';
import type { StateManager } from '../../lib/core/state/state-manager.js';
import { change, document as documentOf, record } from '../state/documents.js';

const KEY = 'billing';
const written = (revision: number, write = 'w'): StateDocument => ({
  ...documentOf({ [KEY]: record({ write, change: change({ revision }) }) }, { revision }),
  write,
});
const at = ({ history, revision, write }: StateDocument): string => `${history}.${revision}.${write}`;
const known = (document: StateDocument | null): { document: StateDocument | null } => ({ document });
const writes = (manager: { document: StateDocument | null }, revision: number): AcknowledgedWrites =>
  new AcknowledgedWrites(manager as StateManager, KEY, revision);

it('a change that was lost before the other replicas were asked counts as applied by nobody', () => {
  for (const manager of [known(null), known(documentOf({}, { revision: 9 }))]) {
    const applied = writes(manager, 4);
    expect(applied.version).toBeUndefined();
    expect(applied.includes({ at: '' })).toBe(false);
    expect(applied.includes({ at: at(written(9)) })).toBe(false);
  }
});

it('without a write, everything known has to be applied', () => {
  expect(writes(known(null), 0).includes({ at: '' })).toBe(true);
  const applied = writes(known(written(4)), 0);
  expect(applied.includes({ at: at(written(4)) })).toBe(true);
  expect(applied.includes({ at: at(written(3)) })).toBe(false);
});

it('a change is found where it was written, and where it was written again after the store had lost it', () => {
  const manager = known(written(4));
  const applied = writes(manager, 4);
  expect(applied.version).toBe(at(written(4)));
  manager.document = { ...documentOf({}, { revision: 1 }), line: 2 };
  applied.look();
  expect(applied.version).toBeUndefined();
  manager.document = { ...written(2), line: 3 };
  applied.look();
  expect(applied.includes({ at: at(written(2)) })).toBe(true);
});

it('a change that follows another one in an empty store is found where the store says, once it does', () => {
  for (const revision of [4, 0]) {
    // the store was read before either was written
    const manager = known({ ...written(4), history: '', revision: 0, write: '' });
    const applied = writes(manager, revision);
    expect(applied.version).toBeUndefined();
    expect(applied.includes({ at: at(written(4)) })).toBe(false);
    manager.document = { ...written(4), revision: 5, write: 'later' };
    applied.look();
    expect(applied.version).toBe(at(manager.document));
    expect(applied.includes({ at: at(written(4)) })).toBe(false);
    expect(applied.includes({ at: at(manager.document) })).toBe(true);
  }
});
