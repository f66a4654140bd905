import { MaintenanceStoreError } from '../../errors/errors.js';
import { encodeBody, newHistory, restamp } from '../../document/codec.js';
import type { HistoryNote } from '../../history/entry-record.js';
import { readRecord } from '../stored-record.js';
import type { RecordWrite, Version, Written } from '../store.js';
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
 * Makes a call again whose connection ended under way: what of it had arrived is in conflict with itself now, by its write id.
 * @throws the first error, if what is stored does not show what has become of the first call
 */
async function again(
  writes: readonly RecordWrite[],
  error: unknown,
  deadline: number,
  call: () => Promise<Written>,
): Promise<Written> {
  const isUnknown = error instanceof MaintenanceStoreError && error.outcome === 'unknown';
  if (!isUnknown || performance.now() >= deadline) {
    throw error;
  }
  const { outcomes, ...rest } = await call().catch(() => {
    throw error;
  });
  const known = outcomes.map((outcome, i) => {
    const { name, record } = writes[i] as RecordWrite;
    const stored = rest.shown?.get(name);
    if (outcome === 'conflict' && stored?.write !== record.write) {
      throw error;
    }
    return outcome === 'conflict' && stored ? stored : outcome;
  });
  return { ...rest, outcomes: known };
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
