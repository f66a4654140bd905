import { MAX_READ_BYTES } from '../../document/codec.js';
import { readRecord } from '../stored-record.js';
import type { StoredRecord, Version } from '../store.js';

/** How the presence fared, as scripts/sync.lua numbers it. */
const FATES = ['none', 'recorded', 'new', 'untold'] as const;

/** What scripts/sync.lua gives back. */
export interface SyncReply {
  /** Redis' clock, epoch ms. */
  readonly now: number;
  readonly version: Version;
  /**
   * What comes back of the records: those since the version known, all, or none where they cannot be read. `'more'` where the
   * script was not given what it takes to tell.
   */
  readonly kind: 'same' | 'some' | 'all' | 'none' | 'more';
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Where the next page of these begins; `null` for none. */
  readonly page: string | null;
  readonly presence: (typeof FATES)[number];
  /** Names of the leases that are alive; `null` when they are the known ones. */
  readonly leases: readonly string[] | null;
  /** Names that list. */
  readonly leasesMark: string;
  /** Since when this Redis has been looked at without a gap, by its own clock; 0 for long. */
  readonly calm: number;
  /** Names the list of those who are there; `null` when it is the known one. */
  readonly roster: string | null;
  /** Facts of those on the list; `null` when it is the known one. */
  readonly members: readonly string[] | null;
  readonly refused: string | null;
  readonly secret: string | null;
  /** Milliseconds for which a store that is empty may have lost what others know. */
  readonly emptyFor: number;
}

/** @param known what the script was asked with */
export function parseSyncReply(reply: unknown, known: Version): SyncReply {
  const [now, version, kind, found, page, fate, leases, leasesMark, calm, roster, ...rest] = reply as [
    now: number,
    version: string | null,
    kind: SyncReply['kind'],
    found: string[],
    page: string | null,
    fate: number,
    leases: string[] | null,
    leasesMark: string,
    calm: number,
    roster: string | null,
    members: string[] | null,
    refused: string | null,
    secret: string | null,
    emptyFor: number,
  ];
  const [members, refused, secret, emptyFor] = rest;
  const records = readRecords(found);
  const presence = FATES[fate] ?? 'none';
  return {
    now,
    version: version ?? known,
    kind,
    records,
    page,
    presence,
    leases,
    leasesMark,
    calm,
    roster,
    members,
    refused,
    secret,
    emptyFor,
  };
}

function readRecords(found: readonly string[]): Map<string, StoredRecord> {
  const records = new Map<string, StoredRecord>();
  for (let i = 0; i + 1 < found.length; i += 2) {
    const [name = '', text = ''] = found.slice(i, i + 2);
    records.set(name, text.startsWith('^') ? tooLong(text) : readRecord(text));
  }
  return records;
}

/** Redis does not move what is too long. What it is cannot be told, so nothing is put in its place. */
const tooLong = (text: string): StoredRecord => ({
  unreadable: `it is ${text.slice(1)} bytes long, and ${MAX_READ_BYTES} at most are read`,
  newer: true,
  mark: text,
});

/** Why nothing can be read under that version, as scripts/parts/records.lua names it. */
export function explainUnreadable(version: Version): { unreadable: string; newer: boolean } {
  const [, format] = /^(\d+):/.exec(version) ?? [];
  if (format !== undefined) {
    const needed = `a nestjs-maintenance that knows version ${format} is needed`;
    return { unreadable: `it is of version ${format}, this library reads 1: ${needed}`, newer: true };
  }
  const why = version.startsWith('!')
    ? `its Redis type is ${version.slice(1)}`
    : version.startsWith('?')
      ? 'its head is missing'
      : 'its head cannot be read';
  return { unreadable: why, newer: false };
}
