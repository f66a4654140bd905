import type { ChangeRecord } from '../document/record.js';
import { parseVersion, type Version } from '../document/version.js';
import { isObject } from '../common/is-object.js';

/** The facts about a replica that do not change while it lives. */
export interface Member {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Milliseconds for which it trusts its state after its last report; after that it counts as silent. */
  readonly lease: number;
  /** Milliseconds of silence after which nobody waits for it any more, whatever became of its connection. */
  readonly presumedDead: number;
  /** The version of this library; `null`: the replica does not report it. */
  readonly version: string | null;
}

/** What a replica is still running that an active key refuses. */
export interface RunningReport {
  /** Identifies the change of the key that it has applied, see {@link changeId}. */
  readonly change: string;
  /** Routes, and when their calls began (epoch ms by the store's clock); the longest first, not all if there are many. */
  readonly calls: readonly (readonly [route: string, begun: number])[];
  /** The number of these calls. */
  readonly count: number;
  /** Since when there have been none, by the store's clock. */
  readonly quietSince: number | null;
}

/** Identifies one change of a key. */
export const changeId = ({ revision, at }: Pick<ChangeRecord, 'revision' | 'at'>): string =>
  `${revision}.${at}`;

/** What a replica reports about itself with each sync. */
export interface Presence extends Member {
  /** The version of the store that it is at: it has applied all writes up to that; `''` for none. */
  readonly at: Version;
  /** The revision of that version, or of the last one it was at. */
  readonly revision: number;
  /** The number of calls it is serving. */
  readonly inFlight: number;
  /** Milliseconds by which the clock of its machine is ahead of the store's; 0 if it is hardly off. */
  readonly clockSkew: number;
  /** It has nothing that maintenance could refuse, and reports otherwise before it begins anything of the kind. */
  readonly observer: boolean;
  /** Keys in maintenance that it does not know, although they may concern it. */
  readonly unknownKeys: readonly string[];
  /** Keys of other services that cannot concern it; `true`: all that it does not know. */
  readonly foreignKeys: readonly string[] | true;
  /** Per draining hold: the routes still being served that were admitted before. */
  readonly draining: Readonly<Record<string, readonly string[]>>;
  /** Per key that is on: what it still serves of what the key refuses. */
  readonly running: Readonly<Record<string, RunningReport>>;
}

/**
 * What is known of a replica's connection to the store. It outlives a blocked event loop and a process that is stopped or cut
 * off, but not the process itself. `'unknown'` if the store cannot tell.
 */
export type ReplicaConnection = 'open' | 'closed' | 'unknown';

/** A replica as others see it. */
export interface SeenReplica extends Pick<Member, 'id' | 'host' | 'pid'> {
  /** Epoch ms by the store's clock. */
  readonly lastSeen: number;
  /** Milliseconds since its last report, once that is longer than its lease; otherwise 0. */
  readonly silentFor: number;
  readonly connection: ReplicaConnection;
  /** Its last report; `undefined` if this version cannot read it, or if only others know of the replica. */
  readonly told: Presence | undefined;
}

/** A presence in the form in which it is stored. */
export interface PresenceText {
  /** The facts that do not change; reported once. */
  readonly facts: string;
  /** The figures that do. */
  readonly figures: string;
}

/**
 * The texts in which a replica describes itself; what it has applied is stored beside them. Neither contains a line feed.
 * @param channel that only its process listens to
 * @param number of the report, which scripts/parts/fields.lua reads
 */
export function formatPresence(presence: Presence, channel: string, number: number): PresenceText {
  const { id, host, pid, lease, presumedDead, foreignKeys, version } = presence;
  const { inFlight, draining, observer, unknownKeys, running, clockSkew } = presence;
  return {
    facts: JSON.stringify({ id, host, pid, lease, presumedDead, channel, foreignKeys, version }),
    // sent with every heartbeat, so defaults are left out
    figures: JSON.stringify({
      n: number,
      ...(inFlight !== 0 && { inFlight }),
      ...(Object.keys(draining).length > 0 && { draining }),
      ...(observer && { observer }),
      ...(unknownKeys.length > 0 && { unknownKeys }),
      ...(Object.keys(running).length > 0 && { running }),
      ...(clockSkew !== 0 && { clockSkew }),
    }),
  };
}

const USUAL = {
  version: null,
  inFlight: 0,
  draining: {},
  observer: false,
  unknownKeys: [],
  running: {},
  clockSkew: 0,
};

/**
 * Reads the report of a replica; `undefined` for one that no replica of this version can have sent.
 * @param member its facts
 * @param figures as text
 */
export function parsePresence(at: Version, member: unknown, figures: string): Presence | undefined {
  const rest = parseJson(figures);
  if (!isObject(member) || !isObject(rest)) {
    return undefined;
  }
  const { revision = 0 } = parseVersion(at) ?? {};
  const value = { ...USUAL, ...member, ...rest, revision, at } as Partial<Presence>;
  return isPresence(value) ? value : undefined;
}

/** The value of JSON text; `undefined` if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** As much of this replica as can be read. */
export function describeMember(id: string, value: unknown): Pick<Member, 'id' | 'host' | 'pid'> {
  const { host, pid } = (isObject(value) ? value : {}) as Partial<Member>;
  return {
    id,
    host: typeof host === 'string' ? host : 'unknown host',
    pid: isCount(pid) ? pid : 0,
  };
}

function isPresence(value: Partial<Presence>): value is Presence {
  return (
    [value.id, value.host, value.at].every((text) => typeof text === 'string') &&
    [value.pid, value.revision, value.inFlight, value.lease, value.presumedDead, value.clockSkew].every(
      isCount,
    ) &&
    (value.version === null || typeof value.version === 'string') &&
    typeof value.observer === 'boolean' &&
    isTexts(value.unknownKeys) &&
    (value.foreignKeys === true || isTexts(value.foreignKeys)) &&
    isObject(value.draining) &&
    Object.values(value.draining).every(isTexts) &&
    isObject(value.running) &&
    Object.values(value.running).every(isReport)
  );
}

/** Whether it is a number as reports contain them. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
const isReport = (value: unknown): value is RunningReport => {
  const { change, calls, count, quietSince } = (isObject(value) ? value : {}) as Partial<RunningReport>;
  return (
    typeof change === 'string' &&
    isCount(count) &&
    (quietSince === null || isCount(quietSince)) &&
    Array.isArray(calls) &&
    calls.every((call: unknown) => Array.isArray(call) && typeof call[0] === 'string' && isCount(call[1]))
  );
};
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');
