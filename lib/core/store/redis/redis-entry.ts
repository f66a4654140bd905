import {
  describeMember,
  parseJson,
  parsePresence,
  type ReplicaConnection,
  type SeenReplica,
} from '../presence.js';

/** What the script that lists replicas gives of each: its entry reads as scripts/parts/members.lua says. */
export type RedisEntry = [id: string, state: 'alive' | ReplicaConnection, entry: string];

/** What does not change of a replica, as its entry has it; `''` where that cannot be read. */
export const factsOf = (entry: string): string =>
  /^\d+\|\d{1,15}\|[^|]*\|\d+\|\d+\|([^\n]*)\n/.exec(entry)?.[1] ?? '';

/** @param now epoch ms by Redis' clock */
export function readEntry([id, state, entry]: RedisEntry, now: number): SeenReplica {
  const [, seen, write = '', facts = '', figures = ''] =
    /^\d+\|(\d{1,15})\|(?:([^|]*)\|\d+\|\d+\|([^\n]*)\n)?(.*)$/s.exec(entry) ?? [];
  const lastSeen = Number(seen ?? now);
  return {
    // of another version, what it says of itself may stand elsewhere
    ...describeMember(id, parseJson(facts) ?? parseJson(entry.slice(entry.indexOf('{')))),
    lastSeen,
    silentFor: state === 'alive' ? 0 : Math.max(1, now - lastSeen),
    connection: state === 'alive' ? 'open' : state,
    told: parsePresence(write, { facts, figures }),
  };
}
