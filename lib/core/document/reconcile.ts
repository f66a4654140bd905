import { nextVersion } from './updates.js';
import type { KeyRecord, StateDocument } from './record.js';
import type { SyncResult } from '../store/store.js';

/** What the answer of the store means. */
export type Finding =
  | { readonly kind: 'same' }
  | { readonly kind: 'news'; readonly document: StateDocument | null }
  /** The store has lost what was known, or some of it; this is to be written over what it has now. */
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
  return united(known, document);
}

/**
 * Whoever writes to a store that has lost its memory, or some of it, knows less than others did: for each key the later
 * change counts, whoever writes first.
 */
function united(known: StateDocument, stored: StateDocument): Finding {
  const related = stored.history === known.history;
  const isLater = related ? isLaterWrite : isLaterChange;
  const missing = [...known.keys].filter(([key, record]) => {
    const other = stored.keys.get(key);
    return other === undefined || isLater(record, other);
  });
  if (missing.length === 0 && !(related && stored.revision < known.revision)) {
    return { kind: 'news', document: stored };
  }
  const revision = Math.max(stored.revision, known.revision);
  const again = {
    ...known,
    ...stored,
    ...nextVersion({ ...stored, revision }),
    keys: new Map([...stored.keys, ...missing]),
    ...((known.more ?? stored.more) && { more: { ...known.more, ...stored.more } }),
  };
  return { kind: 'lost', again, warning: 'The store has lost changes of the maintenance state.' };
}

/** Within one history numbers only grow; where two have gone on from the same one, the later counts. */
const isLaterWrite = ({ change: one }: KeyRecord, { change: other }: KeyRecord): boolean =>
  one.revision > other.revision || (one.revision === other.revision && one.at > other.at);

const isLaterChange = ({ change: one }: KeyRecord, { change: other }: KeyRecord): boolean =>
  one.at > other.at;

function lost(known: StateDocument, warning: string): Finding {
  const again: StateDocument = { ...known, ...nextVersion(known) };
  return { kind: 'lost', again, warning };
}

/** Newer than the late write itself, so that whoever has read that one follows. */
function withoutLateWrite(known: StateDocument | null, lateWrite: StateDocument): Finding {
  const kept = known ?? { ...lateWrite, keys: new Map() };
  const next = nextVersion({ ...kept, revision: Math.max(kept.revision, lateWrite.revision) });
  const warning = 'A change of the maintenance state that had been given up on arrived later.';
  return { kind: 'lateWrite', again: { ...kept, ...next }, warning };
}
