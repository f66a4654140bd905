import { encodeBody, newHistory, restamp } from '../../document/codec.js';
import type { HistoryNote } from '../../history/entry-record.js';
import { readRecord } from '../stored-record.js';
import type { RecordWrite, Version, Written } from '../store.js';
import { wasCutOff } from '../was-cut-off.js';
import type { RedisCommands } from './redis-commands.js';
import type { RedisHistory } from './redis-history.js';
import { RedisPushes } from './redis-pushes.js';

/** The results of write.lua. */
type WriteReply = [
  now: number,
  before: Version,
  version: Version,
  outcomes: readonly ['written' | 'conflict' | 'full', string, string][],
];

/** Writes records, each by a compare-and-set of its own, and their history entries with them. */
export class RedisRecords {
  constructor(
    private readonly commands: RedisCommands,
    private readonly history: RedisHistory,
  ) {}

  async write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes: readonly HistoryNote[],
  ): Promise<Written> {
    const { channel, clock } = this.commands;
    const put = writes.filter(({ kept }) => kept).map(({ record }) => record.change.revision);
    const first = [
      channel,
      RedisPushes.newSecret(),
      newHistory(),
      Math.max(0, ...put),
      notes.length,
      ...this.history.args(notes, (id) => writes.some(({ record }) => record.write === id)),
    ];
    const records = writes.flatMap(({ name, expected, record, kept }) => [
      name,
      expected,
      record.write,
      encodeBody(record),
      kept ? record.change.revision : '',
      record.change.at,
      record.change.to ? '' : '1',
    ]);
    const args = (term: string) => [known, term, ...first, ...records];
    const call = async (): Promise<Written> => {
      const asked = performance.now();
      const keys = ['records', 'order', 'writes', 'secret', 'history'] as const;
      const answer = this.commands.runInTime('write', 'WRITE', keys, deadline, args, 'nothing was written');
      const reply = (await answer) as WriteReply;
      clock.hear(reply[0], asked);
      return written(writes, reply);
    };
    return call().catch((error: unknown) => again(writes, error, deadline, call));
  }
}

/**
 * Makes a call again that was cut off: what of it had arrived is in conflict with itself now, by its write id.
 * @throws the first error, if what is stored does not show what has become of the first call
 */
async function again(
  writes: readonly RecordWrite[],
  error: unknown,
  deadline: number,
  call: () => Promise<Written>,
): Promise<Written> {
  const made = wasCutOff(error, deadline) ? await call().catch(() => undefined) : undefined;
  const outcomes = made?.outcomes.map((outcome, i) => {
    const { name, record } = writes[i] as RecordWrite;
    const stored = made.shown?.get(name);
    return outcome === 'conflict' && stored?.write === record.write ? stored : outcome;
  });
  if (!made || !outcomes || outcomes.includes('conflict')) {
    throw error;
  }
  return { ...made, outcomes };
}

function written(writes: readonly RecordWrite[], [, before, version, outcomes]: WriteReply): Written {
  const shown = outcomes.flatMap(([what, text], i) => {
    const stored = what === 'conflict' && text ? readRecord(text) : undefined;
    return stored && 'record' in stored ? [[(writes[i] as RecordWrite).name, stored.record] as const] : [];
  });
  return {
    before,
    version,
    shown: new Map(shown),
    outcomes: outcomes.map(([what, revision, at], i) => {
      const { record } = writes[i] as RecordWrite;
      return what === 'written' ? restamp(record, { revision: Number(revision), at: Number(at) }) : what;
    }),
  };
}
