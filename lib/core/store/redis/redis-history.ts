import type { HistoryNote } from '../../history/entry-record.js';
import type { HistoryStore, StoredNote } from '../history-store.js';
import type { RedisCommands } from './redis-commands.js';

/** The history in Redis: a stream beside the state, whose oldest entries are dropped. */
export class RedisHistory implements HistoryStore {
  /** @param keep how many entries are kept */
  constructor(
    private readonly commands: RedisCommands,
    private readonly keep: number,
  ) {}

  async read(limit: number, before: string | undefined, deadline: number): Promise<readonly StoredNote[]> {
    const args = [limit, before ?? ''];
    const reply = await this.commands.run('read history', 'HISTORY', ['history'], deadline, args);
    return (reply as [string, string[]][]).flatMap(([place, fields]) => readFields(place, fields) ?? []);
  }

  async add(note: HistoryNote, deadline: number): Promise<void> {
    const { commands } = this;
    const args = (term: string) => [term, note.id, ...this.args([note])];
    await commands.runInTime('note', 'NOTE', ['history'], deadline, args, 'nothing was noted');
  }

  /**
   * In the form that scripts read: how many are kept, and for each entry its text, revision and time.
   * @param isNew whether the entry with that id is about a write that has not been given these yet
   */
  args(
    notes: readonly HistoryNote[],
    isNew: (id: string) => boolean = () => false,
  ): readonly (string | number)[] {
    return [
      this.keep,
      ...notes.flatMap(({ id, text, revision, at }) =>
        isNew(id) ? [text, '', ''] : [text, revision, Math.floor(at)],
      ),
    ];
  }
}

function readFields(place: string, fields: readonly string[]): StoredNote | undefined {
  const at = (name: string): string | undefined => {
    const index = fields.indexOf(name);
    return index < 0 || index % 2 > 0 ? undefined : fields[index + 1];
  };
  const [text, revision, moment] = [at('entry'), at('revision'), at('at')];
  return text === undefined
    ? undefined
    : { place, stored: Number(place.split('-')[0]), text, revision: Number(revision), at: Number(moment) };
}
