import type { Redis } from 'ioredis';
import { decodeRecord } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { formatVersion, type VersionParts } from '../../lib/core/document/version.js';

/** What Redis holds, as the library reads it. */
export interface RedisState extends VersionParts {
  readonly version: string;
  readonly keys: ReadonlyMap<string, KeyRecord>;
}

/**
 * @param records name of the entry
 * @throws Error when there is nothing, or it cannot be read
 */
export async function readState(
  client: Pick<Redis, 'hgetall'>,
  records = 'maintenance:{maintenance}:records',
): Promise<RedisState> {
  const { ':head': head = '', ...fields } = await client.hgetall(records);
  const [, history, revision, write] = /^1 (\S+) (\d+) (\S+) /.exec(head) ?? [];
  if (history === undefined || write === undefined) {
    throw new Error(`There is no state in ${records}.`);
  }
  const parts = { history, revision: Number(revision), write };
  const keys = new Map(Object.entries(fields).map(([name, text]) => [name, decodeRecord(text)]));
  return { ...parts, version: formatVersion(parts), keys };
}
