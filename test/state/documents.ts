import type {
  ChangeRecord,
  HoldRecord,
  KeyRecord,
  Notice,
  StateDocument,
} from '../../lib/core/document/record.js';
import type { Presence } from '../../lib/core/store/store.js';

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
  write: '',
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
  ...over,
});

export const document = (
  keys: Record<string, KeyRecord> = {},
  over: Partial<StateDocument> = {},
): StateDocument => ({
  write: 'AAAAAAAAAAAAAAAAAAAAAA',
  history: 'history-1',
  revision: 1,
  keys: new Map(Object.entries(keys)),
  ...over,
});
