import type { Version } from '../store.js';

/** How the presence fared, as scripts/sync.lua numbers it. */
const FATES = ['none', 'recorded', 'new', 'untold'] as const;

/** What scripts/sync.lua gives back. */
export interface SyncReply {
  /** Redis' clock, epoch ms. */
  readonly now: number;
  readonly version: Version;
  readonly text: string | null;
  readonly presence: (typeof FATES)[number];
  readonly leases: readonly string[];
  /** Since when this Redis has been looked at without a gap, by its own clock; 0 for long. */
  readonly calm: number;
  /** Names the list of those who are there; `null` when it is the known one. */
  readonly roster: string | null;
  /** Facts of those on the list; `null` when it is the known one. */
  readonly members: readonly string[] | null;
  readonly refused: string | null;
  readonly secret: string | null;
}

export function parseSyncReply(reply: unknown): SyncReply {
  const [now, version, text, presence, leases, calm, roster, members, refused, secret] = reply as [
    number,
    string,
    string | null,
    number,
    string[],
    number,
    string | null,
    string[] | null,
    string | null,
    string | null,
  ];
  const fate = FATES[presence] ?? 'none';
  return { now, version, text, presence: fate, leases, calm, roster, members, refused, secret };
}
