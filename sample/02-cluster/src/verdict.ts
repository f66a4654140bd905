import type { Entry } from './journal.js';

export interface Verdict {
  readonly good: boolean;
  readonly text: string;
}

/** Whether any write overlapped a migration. */
export function verdictOf(entries: readonly Entry[]): Verdict {
  const writes = entries.filter(({ kind }) => kind === 'write');
  const migrations = entries.filter(({ kind }) => kind === 'migration');
  const overlaps = migrations.flatMap((migration) => writes.filter((write) => overlap(write, migration)));
  const replicas = new Set(writes.map(({ replica }) => replica)).size;
  const happened = writes.length > 0 && migrations.length > 0;
  const lines = [
    `${writes.length} writes on ${replicas} replicas, ${migrations.length} migration(s).`,
    ...overlaps
      .slice(0, 10)
      .map((write) => `  a write of ${write.replica} overlapped by ${sharedMs(write, migrations)} ms`),
    overlaps.length > 0
      ? `WRONG: ${overlaps.length} writes overlapped the migration.`
      : happened
        ? 'RIGHT: no write overlapped the migration.'
        : 'INCONCLUSIVE: there must be writes and a migration.',
  ];
  return { good: happened && overlaps.length === 0, text: lines.join('\n') };
}

/** What has no end goes on for ever. */
function overlap(a: Entry, b: Entry): boolean {
  return (b.end === null || a.begin < b.end) && (a.end === null || b.begin < a.end);
}

function sharedMs(write: Entry, migrations: readonly Entry[]): string {
  const shared = migrations.map((migration) => {
    const begin = write.begin > migration.begin ? write.begin : migration.begin;
    const ends = [write.end, migration.end].filter((end) => end !== null);
    return ends.length === 0 ? Infinity : Number(ends.reduce((a, b) => (a < b ? a : b)) - begin) / 1e6;
  });
  return Math.max(...shared).toFixed(1);
}
