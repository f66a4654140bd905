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
    const asked = performance.now();
    const answer = this.commands.runInTime(
      'write',
      'WRITE',
      ['records', 'order', 'writes', 'secret', 'history'],
      deadline,
      args,
      'nothing was written',
    );
    const [now, before, version, outcomes] = (await answer) as WriteReply;
    clock.hear(now, asked);
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
}
