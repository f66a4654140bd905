import type { CatalogueEntry, CatalogueStore } from '../catalogue.js';
import type { RedisCommands } from './redis-commands.js';

/** The catalogue of keys in Redis: a hash beside the state. */
export class RedisCatalogue implements CatalogueStore {
  readonly most = 1_000;

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
  ): Promise<number> {
    const args = (term: string) => [
      term,
      this.most,
      dropped.length,
      ...dropped,
      ...entries.flatMap(({ name, text }) => [name, text]),
    ];
    const { commands } = this;
    const published = await commands.runInTime(
      'publish keys',
      'PUBLISH',
      ['catalogue'],
      deadline,
      args,
      'no keys were published',
    );
    return Number(published);
  }
}
