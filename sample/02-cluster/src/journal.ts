import { appendFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export type Kind = 'write' | 'migration';

/** Something that was done, on the machine's monotonic clock, which all processes share. */
export interface Entry {
  readonly kind: Kind;
  readonly replica: string;
  /** Nanoseconds. */
  readonly begin: bigint;
  /** Nanoseconds; `null` when the process did not come to say so. */
  readonly end: bigint | null;
}

/** Each line is in the file before the work it reports goes on. */
export class Journal {
  private last = 0;

  constructor(private readonly file: string) {}

  async during<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    const id = ++this.last;
    this.note(id, kind, 'begin');
    try {
      return await work();
    } finally {
      this.note(id, kind, 'end');
    }
  }

  private note(id: number, kind: Kind, what: 'begin' | 'end'): void {
    appendFileSync(this.file, `${id} ${kind} ${what} ${process.hrtime.bigint()}\n`);
  }
}

/** All journals of a folder. */
export async function readJournals(folder: string): Promise<Entry[]> {
  const files = await readdir(folder);
  const read = files.map(async (file) =>
    entriesOf(basename(file, '.log'), await readFile(join(folder, file), 'utf8')),
  );
  return (await Promise.all(read)).flat();
}

function entriesOf(replica: string, text: string): Entry[] {
  const entries = new Map<string, Entry>();
  for (const line of text.split('\n').filter(Boolean)) {
    const [id = '', kind, what, time = '0'] = line.split(' ');
    const open = entries.get(id);
    entries.set(
      id,
      what === 'end' && open
        ? { ...open, end: BigInt(time) }
        : { kind: kind as Kind, replica, begin: BigInt(time), end: null },
    );
  }
  return [...entries.values()];
}
