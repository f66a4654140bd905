import { nextVersion } from './updates.js';
import type { StateDocument } from './record.js';
import type { SyncResult } from '../store/store.js';

/** What the answer of the store means. */
export type Finding =
  | { readonly kind: 'same' }
  | { readonly kind: 'news'; readonly document: StateDocument | null; readonly warning?: string }
  /** The store has lost what was known; this is to be written over what it has now. */
  | { readonly kind: 'lost'; readonly again: StateDocument; readonly warning: string }
  /** A write that was given up on has come through; this is to be written over it. */
  | { readonly kind: 'lateWrite'; readonly again: StateDocument; readonly warning: string }
  /** It cannot be read, and nothing may be put in its place: nothing is known, or a newer version has written it. */
  | { readonly kind: 'unreadable'; readonly warning: string };

/** Tells news from a store that has lost its memory. Unknown is not off: what was known is never dropped for nothing. */
export function reconcile(
  known: StateDocument | null,
  {
    document,
    unreadable,
    newer,
    lateWrite,
  }: Pick<SyncResult, 'document' | 'unreadable' | 'newer' | 'lateWrite'>,
): Finding {
  if (unreadable !== undefined) {
    const warning = `The stored maintenance state cannot be read: ${unreadable}.`;
    return known && !newer ? lost(known, warning) : { kind: 'unreadable', warning };
  }
  if (document === undefined) {
    return { kind: 'same' };
  }
  if (lateWrite && document) {
    return withoutLateWrite(known, document);
  }
  if (!known) {
    return { kind: 'news', document };
  }
  if (!document) {
    return lost(known, 'The stored maintenance state is gone.');
  }
  if (document.history !== known.history || document.revision > known.revision || isKnown(document, known)) {
    return { kind: 'news', document };
  }
  // somebody who knew less has gone on from an older state: what was made later counts
  return lastChange(document) > lastChange(known)
    ? { kind: 'news', document, warning: 'The store has lost changes of the maintenance state.' }
    : lost(known, 'The stored maintenance state is older than what was known.');
}

function lost(known: StateDocument, warning: string): Finding {
  const again: StateDocument = { ...known, ...nextVersion(known) };
  return { kind: 'lost', again, warning };
}

/** Newer than the lateWrite itself, so that whoever has read that one follows. */
function withoutLateWrite(known: StateDocument | null, lateWrite: StateDocument): Finding {
  const kept = known ?? { ...lateWrite, keys: new Map() };
  const next = nextVersion({ ...kept, revision: Math.max(kept.revision, lateWrite.revision) });
  const warning = 'A change of the maintenance state that was given up on came through later.';
  return { kind: 'lateWrite', again: { ...kept, ...next }, warning };
}

const isKnown = (document: StateDocument, known: StateDocument): boolean => document.write === known.write;

const lastChange = ({ keys }: StateDocument): number =>
  Math.max(...[...keys.values()].map(({ change }) => change.at));
