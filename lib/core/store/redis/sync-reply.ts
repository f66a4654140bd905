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
  /** Seconds since Redis started, for a new presence; -1 when unknown. */
  readonly uptime: number;
  readonly refused: string | null;
  readonly secret: string | null;
}

export function parseSyncReply(reply: unknown): SyncReply {
  const [now, version, text, presence, leases, uptime, refused, secret] = reply as [
    number,
    string,
    string | null,
    number,
    string[],
    number,
    string | null,
    string | null,
  ];
  return { now, version, text, presence: FATES[presence] ?? 'none', leases, uptime, refused, secret };
}
