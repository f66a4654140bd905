import type { CatalogueEntry, CatalogueStore } from '../catalogue.js';
import type { RedisCommands } from './redis-commands.js';

/** The maximum number of published keys, of all applications together. */
const MOST_KEYS = 1_000;

/** The catalogue of keys in Redis: a hash beside the state. */
export class RedisCatalogue implements CatalogueStore {
  constructor(private readonly commands: RedisCommands) {}

  async read(deadline: number): Promise<readonly CatalogueEntry[]> {
    const reply = await this.commands.run('read keys', 'CATALOGUE', ['catalogue'], deadline, []);
    const [now, flat] = reply as [number, string[]];
    const entries: CatalogueEntry[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const [, at, text] = /^(\d{1,15})\|(.*)$/s.exec(flat[i + 1] as string) ?? [];
      if (at !== undefined && text !== undefined) {
        entries.push({ name: flat[i] as string, text, age: now - Number(at) });
      }
    }
    return entries;
  }

  async publish(
    entries: readonly Pick<CatalogueEntry, 'name' | 'text'>[],
    dropped: readonly string[],
    deadline: number,
  ): Promise<void> {
    const args = (term: string) => [
      term,
      MOST_KEYS,
      dropped.length,
      ...dropped,
      ...entries.flatMap(({ name, text }) => [name, text]),
    ];
    const { commands } = this;
    await commands.runInTime(
      'publish keys',
      'PUBLISH',
      ['catalogue'],
      deadline,
      args,
      'no keys were published',
    );
  }
}
