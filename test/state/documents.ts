import type {
  ChangeRecord,
  HoldRecord,
  KeyRecord,
  Notice,
  StateDocument,
} from '../../lib/core/document/record.js';
import { randomId } from '../../lib/core/document/codec.js';
import { hasParts } from '../../lib/core/document/record.js';
import { pastOf } from '../../lib/core/document/updates.js';
import type { Presence, RecordWrite, SyncResult } from '../../lib/core/store/store.js';

// Made-up records for specs; each names only what it is about.

export const notice = (over: Partial<Notice> = {}): Notice => ({
  since: 1_000,
  until: null,
  announced: false,
  message: null,
  reason: null,
  actor: null,
  ...over,
});

export const presence = (over: Partial<Presence> = {}): Presence => ({
  id: 'replica-1',
  host: 'here',
  pid: 1,
  lease: 3_000,
  presumedDead: 60_000,
  version: null,
  at: '',
  revision: 0,
  inFlight: 0,
  clockSkew: 0,
  observer: false,
  unknownKeys: [],
  foreignKeys: [],
  draining: {},
  running: {},
  ...over,
});

export const hold = (over: Partial<HoldRecord> = {}): HoldRecord => ({
  ...notice(),
  id: 'hold-1',
  owner: 'replica-1',
  host: 'here',
  pid: 1,
  fence: 1,
  locked: true,
  draining: false,
  ...over,
});

export const change = (over: Partial<ChangeRecord> = {}): ChangeRecord => ({
  cause: 'set',
  from: false,
  to: true,
  message: null,
  reason: null,
  actor: null,
  revision: 1,
  at: 1_000,
  hooks: true,
  ...over,
});

export const record = (over: Partial<KeyRecord> = {}): KeyRecord => ({
  switch: null,
  holds: [],
  change: change(),
  write: randomId(),
  past: [],
  ...over,
});

export const document = (
  keys: Record<string, KeyRecord> = {},
  over: Partial<StateDocument> = {},
): StateDocument => ({
  write: 'AAAAAAAAAAAAAAAAAAAAAA',
  history: 'history-1',
  revision: 1,
  line: 0,
  keys: new Map(Object.entries(keys)),
  live: new Map(Object.entries(keys).filter(([, one]) => hasParts(one))),
  ...over,
});

/** A new record of a key, in place of another or of none. */
export const writing = (name: string, over: Partial<KeyRecord> = {}, before?: KeyRecord): RecordWrite => ({
  name,
  expected: before?.write ?? '',
  record: record({ past: pastOf(before), ...over }),
  kept: false,
});

/** The records that a store has shown, by their names. */
export const shown = ({ stored }: SyncResult): Record<string, KeyRecord | string> =>
  Object.fromEntries(
    [...(stored?.records ?? [])].map(([name, one]) => [name, 'record' in one ? one.record : one.unreadable]),
  );
