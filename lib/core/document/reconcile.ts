import { randomId } from './codec.js';
import { relate, unite } from './merge.js';
import type { KeyRecord } from './record.js';
import { pastOf } from './updates.js';
import type { RecordWrite, StoredRecords } from '../store/store.js';

/** What the answer of a store means, record by record. */
export interface Finding {
  /** What is new, to be applied as it is. */
  readonly news: ReadonlyMap<string, KeyRecord>;
  /** To be written over what the store has: it has lost it, or a write that was given up on has come through. */
  readonly putBack: readonly RecordWrite[];
  /** Records that cannot be read and stay where they are, by name: nothing is known of them, or a newer version wrote them. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Messages for operators. */
  readonly warnings: readonly string[];
}

const LOST =
  'The store has lost changes to the maintenance state: it was emptied, set back to older data, or evicts entries when its memory is full.';
const LATE = 'A change to the maintenance state arrived after it had been given up.';

/**
 * Tells news from a store that has lost its data. Unknown is not off: what was known is never dropped without a reason. For each
 * key the later change counts, no matter which replica writes first.
 * @param known what the store itself has shown, or taken, before
 * @param records what it shows now
 */
export function reconcile(known: ReadonlyMap<string, KeyRecord>, { all, records }: StoredRecords): Finding {
  const news = new Map<string, KeyRecord>();
  const unreadable = new Map<string, string>();
  const putBack: RecordWrite[] = [];
  const warnings = new Set<string>();
  for (const [name, stored] of records) {
    const before = known.get(name);
    if (!('record' in stored)) {
      const warning = `The stored maintenance record "${name}" cannot be read: ${stored.unreadable}.`;
      warnings.add(warning);
      if (before && !stored.newer) {
        putBack.push({ name, expected: stored.mark, record: before, kept: true });
      } else {
        unreadable.set(name, warning);
      }
    } else if (stored.late) {
      warnings.add(LATE);
      putBack.push(undo(name, stored.record, before));
    } else {
      const relation = before ? relate(before, stored.record) : 'later';
      if (before && all && (relation === 'earlier' || relation === 'apart')) {
        warnings.add(LOST);
        const again = relation === 'apart' ? unite(before, stored.record) : before;
        putBack.push({ name, expected: stored.record.write, record: again, kept: true });
      } else if (relation === 'later' || relation === 'apart') {
        // an answer that continues from what was known is news, except for what this process has overwritten since
        news.set(name, stored.record);
      }
    }
  }
  if (all) {
    for (const [name, record] of known) {
      if (!records.has(name)) {
        warnings.add(LOST);
        putBack.push({ name, expected: '', record, kept: true });
      }
    }
  }
  return { news, putBack, unreadable, warnings: [...warnings] };
}

/** What was known before a write that was given up on, as a write that follows it. */
function undo(name: string, late: KeyRecord, known: KeyRecord | undefined): RecordWrite {
  const follows = { write: randomId(), past: pastOf(late, known) };
  const expected = late.write;
  if (known) {
    // it is no change of its own: processes that have not seen the other have nothing to announce
    return { name, expected, record: { ...known, ...follows }, kept: true };
  }
  const change = { ...late.change, from: true, to: false, cause: 'unset' } as const;
  return { name, expected, record: { ...late, switch: null, holds: [], change, ...follows }, kept: false };
}
