import { bounded } from '../bounded.js';
import type { RedisClient } from './redis-client.js';
import { refusalCode } from './redis-errors.js';
import { TYPES, type RedisKey } from './redis-keys.js';

/** The keys of a script, the name of each, and what the client puts before it. */
interface Places {
  readonly keys: readonly RedisKey[];
  readonly names: readonly string[];
  readonly prefix: string;
}

/** What is wrong with a key that holds something of another type than scripts expect, and what helps. */
const explainMisfit = (key: RedisKey, name: string): string =>
  `WRONGTYPE "${name}" is not a ${TYPES[key]}; delete that entry`;

/** Why Redis refused a presence. @param list full name of the list of replicas, the only key that a presence is written to */
export const explainRefusal = (refused: string, list: string): string =>
  refusalCode(refused) === 'WRONGTYPE' ? explainMisfit('replicas', list) : refused;

/**
 * If a script failed since one of its keys is of another type: the error that says which, as Redis does not. Any other error as it
 * is.
 */
export async function nameMisfit(
  problem: unknown,
  client: RedisClient,
  { keys, names, prefix }: Places,
  deadline: number,
): Promise<unknown> {
  if (refusalCode(problem) !== 'WRONGTYPE') {
    return problem;
  }
  try {
    const asked = Promise.all(names.map((name) => client.type(name)));
    const types = await bounded('type', asked, deadline);
    const i = keys.findIndex((key, index) => types[index] !== 'none' && types[index] !== TYPES[key]);
    const key = keys[i];
    return key ? new Error(explainMisfit(key, `${prefix}${names[i]}`), { cause: problem }) : problem;
  } catch {
    return problem;
  }
}
