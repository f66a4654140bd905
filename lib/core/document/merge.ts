import { currentOccurrence } from '../windows/occurrences.js';
import { withoutCurrent } from '../windows/window-edits.js';
import type { WindowRecord } from '../windows/window-record.js';
import { randomId } from './codec.js';
import type { KeyRecord } from './record.js';
import { withoutReopening } from './reopenings.js';
import { knowsPast, pastOf } from './updates.js';

/** How the stored record of a key relates to the known one. */
export type Relation =
  | 'same'
  /** It was made from what is known, or supersedes it. */
  | 'later'
  /** What is known was made from it, or supersedes it. */
  | 'earlier'
  /** Neither was made from the other: somebody continued from a store that had lost something. */
  | 'apart';

export function relate(known: KeyRecord, stored: KeyRecord): Relation {
  if (known.write === stored.write) {
    return 'same';
  }
  if (stored.past.includes(known.write)) {
    return 'later';
  }
  if (known.past.includes(stored.write)) {
    return 'earlier';
  }
  const [later, relation] = isLater(stored, known)
    ? ([stored, 'later'] as const)
    : ([known, 'earlier'] as const);
  // one whose origins are not all known may have been made from the other
  return knowsPast(later) ? 'apart' : relation;
}

/**
 * Unites two records of one key of which neither was made from the other. The later change counts; its author did not know of
 * the other's holds, whose work may still run, nor of its windows, so these stay. An `unset` ends the holds and the windows that
 * are on. The order of the two does not matter.
 */
export function unite(one: KeyRecord, other: KeyRecord): KeyRecord {
  const [later, earlier] = isLater(one, other) ? [one, other] : [other, one];
  const left =
    later.change.cause === 'unset'
      ? []
      : earlier.holds.filter(({ id }) => !later.holds.some((hold) => hold.id === id));
  // the other may be that hold before it stood for those that are nowhere else
  const kept = later.holds.map(
    (hold) => earlier.holds.find(({ id, forOthers }) => id === hold.id && forOthers === true) ?? hold,
  );
  const fence = Math.max(one.fence ?? 0, other.fence ?? 0);
  const windows = uniteWindows(later, earlier);
  const to = later.change.to || left.length > 0 || currentOccurrence(windows, later.change.at) !== undefined;
  return {
    ...withoutReopening(earlier),
    ...later,
    holds: [...left, ...kept],
    change: { ...later.change, to },
    ...(fence > 0 && { fence }),
    ...(windows && { windows }),
    write: randomId(),
    past: pastOf(later, earlier),
  };
}

/** Of a window that both have, the one that was changed more often counts. */
function uniteWindows(later: KeyRecord, earlier: KeyRecord): readonly WindowRecord[] | undefined {
  if (!earlier.windows) {
    return later.windows;
  }
  const kept =
    later.change.cause === 'unset'
      ? (withoutCurrent(earlier.windows, later.change.at) ?? earlier.windows)
      : earlier.windows;
  const both = new Map((later.windows ?? []).map((window) => [window.id, window]));
  for (const window of kept) {
    const other = both.get(window.id);
    if (!other || other.revision < window.revision) {
      both.set(window.id, window);
    }
  }
  return [...both.values()];
}

/** The order of changes of one key, the same for all. */
export function isLater(one: KeyRecord, other: KeyRecord): boolean {
  const [a, b] = [one.change, other.change];
  return a.at !== b.at
    ? a.at > b.at
    : a.revision !== b.revision
      ? a.revision > b.revision
      : one.write > other.write;
}
