import { MAX_READ_BYTES } from '../../document/codec.js';
import { readRecord } from '../stored-record.js';
import { parseVersion } from '../../document/version.js';
import type { Presence, StoredRecord, Version } from '../store.js';

/** What became of the presence, by the numbers of scripts/sync.lua. */
const FATES = ['none', 'recorded', 'new', 'untold'] as const;

/** The result of scripts/sync.lua. */
export interface SyncReply {
  /** Redis' clock, epoch ms. */
  readonly now: number;
  readonly version: Version;
  /**
   * Which records are returned: those since the known version, all, or none if they cannot be read. `'more'` if the script was
   * not given the keys that it needs to decide.
   */
  readonly kind: 'same' | 'some' | 'all' | 'none' | 'more';
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Where the next page begins; `null` if there is none. */
  readonly page: string | null;
  readonly presence: (typeof FATES)[number];
  /** Names of the leases that are alive; `null` if they are the known ones. */
  readonly leases: readonly string[] | null;
  /** Identifies that list. */
  readonly leasesMark: string;
  /** Since when this Redis has been looked at without a gap, by its own clock; 0 if for long. */
  readonly calm: number;
  /** Identifies the list of replicas; `null` if it is the known one. */
  readonly roster: string | null;
  /** Facts about the listed replicas; `null` if the list is the known one. */
  readonly members: readonly string[] | null;
  readonly refused: string | null;
  readonly secret: string | null;
  /** Milliseconds for which an empty store may have lost what others know. */
  readonly emptyFor: number;
}

/** @param known what the script was called with */
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

/** The presence came too late to be recorded. */
export const isLate = (reply: SyncReply, presence: Presence | null): boolean =>
  presence !== null && reply.presence === 'none' && reply.refused === null;

/** Whether two answers are parts of one reading; otherwise the store has begun anew between them. */
export const isSameState = (one: SyncReply, other: SyncReply): boolean =>
  one.kind === other.kind && parseVersion(one.version)?.history === parseVersion(other.version)?.history;

function readRecords(found: readonly string[]): Map<string, StoredRecord> {
  const records = new Map<string, StoredRecord>();
  for (let i = 0; i + 1 < found.length; i += 2) {
    const [name = '', text = ''] = found.slice(i, i + 2);
    records.set(
      name,
      text.startsWith('^') ? tooLong(text) : text.startsWith('~') ? foreign(text) : readRecord(text),
    );
  }
  return records;
}

/** Of what does not look like a record only the mark is returned. */
const foreign = (mark: string): StoredRecord => ({
  unreadable: 'it does not start like a record',
  newer: false,
  mark,
});

/** Redis does not return values that are too long. Their content is unknown, so nothing is put in their place. */
const tooLong = (text: string): StoredRecord => ({
  unreadable: `it is ${text.slice(1)} bytes long; at most ${MAX_READ_BYTES} are read`,
  newer: true,
  mark: text,
});

/** Why nothing can be read under that version, by the names in scripts/parts/records.lua. */
export function explainUnreadable(version: Version): { unreadable: string; newer: boolean } {
  const [, format] = /^(\d+):/.exec(version) ?? [];
  if (format !== undefined) {
    const needed = `a nestjs-maintenance that knows version ${format} is needed`;
    return {
      unreadable: `its format is version ${format}, this library reads version 1: ${needed}`,
      newer: true,
    };
  }
  const why = version.startsWith('!')
    ? `its Redis type is ${version.slice(1)}`
    : version.startsWith('?')
      ? 'its head is missing'
      : 'its head cannot be read';
  return { unreadable: why, newer: false };
}
