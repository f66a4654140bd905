import {
  describeMember,
  parseJson,
  parsePresence,
  type ReplicaConnection,
  type SeenReplica,
} from '../presence.js';

/** A replica as the script that lists them returns it; scripts/parts/members.lua describes the entry. */
export type RedisEntry = [id: string, state: 'alive' | ReplicaConnection, entry: string];

/** When it was last seen; and what it has applied, its facts and its figures, if this version can read them. */
const ENTRY = /^\d+\|(\d{1,15})\|(?:([^|]*)\|\d+\|\d+\|([^\n]*)\n)?(.*)$/s;

/** The constant facts about a replica in its entry; `''` if they cannot be read. */
export const factsOf = (entry: string): string => ENTRY.exec(entry)?.[3] ?? '';

/**
 * @param now epoch ms by Redis' clock
 * @param parse reads JSON
 */
export function readEntry(
  [id, state, entry]: RedisEntry,
  now: number,
  parse: (text: string) => unknown,
): SeenReplica {
  const [, seen, write = '', facts = '', figures = ''] = ENTRY.exec(entry) ?? [];
  const lastSeen = Number(seen ?? now);
  const member = parse(facts);
  return {
    // an entry of another version may have its facts elsewhere
    ...describeMember(id, member ?? parseJson(entry.slice(entry.indexOf('{')))),
    lastSeen,
    silentFor: state === 'alive' ? 0 : Math.max(1, now - lastSeen),
    connection: state === 'alive' ? 'open' : state,
    told: parsePresence(write, member, figures),
  };
}
