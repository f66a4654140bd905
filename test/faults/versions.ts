import { decodeRecord } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import type { Patch } from './build.js';
import type { Event } from './history.js';

/** What other versions of the library do otherwise. */
export const VERSIONS = {
  /** It knows no host of a hold. */
  older: [
    { file: 'core/document/codec.js', find: 'raw.host = text(raw.host);', replace: '' },
    { file: 'core/service/hold-writer.js', find: 'host, pid, fence,', replace: 'pid, fence,' },
  ],
  /** It knows a field more of records, one more of holds, and one more cause. */
  newer: [
    {
      file: 'core/document/updates.js',
      find: 'noted: Math.floor(stamp.at),',
      replace: 'noted: Math.floor(stamp.at), tide: { high: (record?.tide?.high ?? 0) + 1 },',
    },
    {
      file: 'core/service/hold-writer.js',
      find: 'host, pid, fence,',
      replace: 'host, pid, fence, rank: { of: id },',
    },
    {
      file: 'core/service/switch-plan.js',
      find: "cause: 'set', ...orWordsOfOthers",
      replace: "cause: 'tide', ...orWordsOfOthers",
    },
  ],
  /** What it reports of itself has a field that this one reads otherwise. */
  rephrased: [
    {
      file: 'core/store/presence.js',
      find: '...(inFlight !== 0 && { inFlight }),',
      replace: 'inFlight: { requests: inFlight },',
    },
  ],
  /** Its whole report has another shape: only when it ends, and when it was made, is where this one looks for it. */
  reshaped: [
    {
      file: 'core/store/redis/redis-scripts.generated.js',
      find: "whole(now), applied, whole(open), '0', facts",
      replace: 'whole(now), facts',
    },
  ],
} as const satisfies Record<string, readonly Patch[]>;

/** The library that is tested, or another version of it. */
export type Version = 'this' | keyof typeof VERSIONS;

/** What an announcement of Redis says that was written; `undefined` for one that says nothing, or that somebody else has made. */
export function readAnnouncement(message: string): (Event & { e: 'stored' }) | undefined {
  const [, signature = '', history = '', revision, write = '', key = '', text = ''] =
    /^s([0-9a-f]{40})[^\n]*\n([\w-]+)\.(\d+)\.([\w-]+)\n([^\n]*)\n([^]*)$/.exec(message) ?? [];
  if (revision === undefined || /^0+$/.test(signature)) {
    return undefined;
  }
  const { tide, holds } = decodeRecord(text) as KeyRecord & { tide?: unknown };
  return {
    e: 'stored',
    key,
    history,
    revision: Number(revision),
    write,
    tide: tide !== undefined,
    holds: Object.fromEntries(holds.map((hold) => [hold.id, 'rank' in hold])),
  };
}
