import { describe, expect, it } from 'vitest';
import { reconcile } from '../../lib/core/document/reconcile.js';
import { change, document, notice, record } from './documents.js';

const at = (revision: number, moment: number, over: object = {}) =>
  document(
    { general: record({ switch: notice(), change: change({ revision, at: moment }) }) },
    { revision, write: `write-${revision}`, ...over },
  );
const known = at(5, 500);

describe('an answer of the store', () => {
  it('brings nothing, or news', () => {
    expect(reconcile(known, { document: undefined })).toEqual({ kind: 'same' });
    expect(reconcile(null, { document: null })).toEqual({ kind: 'news', document: null });
    expect(reconcile(null, { document: known })).toEqual({ kind: 'news', document: known });
    const next = at(6, 600);
    expect(reconcile(known, { document: next })).toEqual({ kind: 'news', document: next });
  });

  it.each([
    ['gone', { document: null }, 'is gone'],
    ['older', { document: at(4, 400) }, 'has lost changes'],
    [
      'as old, put back by somebody who knew less',
      { document: at(5, 400, { write: 'other' }) },
      'has lost changes',
    ],
    ['unreadable', { document: undefined, unreadable: 'it is empty' }, 'cannot be read: it is empty'],
  ])('that is %s leads to putting back what was known, as a write of its own', (_, answer, warning) => {
    const finding = reconcile(known, answer);
    expect(finding).toMatchObject({
      kind: 'lost',
      again: { revision: 6, history: known.history, keys: known.keys },
      warning: expect.stringContaining(warning) as string,
    });
    expect(finding.kind === 'lost' && finding.again.write).not.toBe(known.write);
  });

  it('leads to another history where numbers end, since what is past them could not be read again', () => {
    const last = at(Number.MAX_SAFE_INTEGER, 500);
    const finding = reconcile(last, { document: null });
    expect(finding).toMatchObject({ kind: 'lost', again: { revision: 1, keys: last.keys } });
    expect(finding.kind === 'lost' && finding.again.history).not.toBe(last.history);
  });

  it('that went on from an older state is not overwritten: what was made later counts', () => {
    const branch = at(5, 900, { write: 'branch' });
    expect(reconcile(known, { document: branch })).toMatchObject({ kind: 'news', document: branch });
  });

  it('that cannot be read, with nothing known, is left where it is', () => {
    expect(reconcile(null, { document: undefined, unreadable: 'it is empty' })).toMatchObject({
      kind: 'unreadable',
    });
  });

  it('that a newer version has written is left alone', () => {
    const answer = { document: undefined, unreadable: 'it is of version 2', newer: true };
    for (const before of [null, known]) {
      expect(reconcile(before, answer)).toEqual({
        kind: 'unreadable',
        warning: 'The stored maintenance state cannot be read: it is of version 2.',
      });
    }
  });
});
