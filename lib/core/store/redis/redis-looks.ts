import { parseJson } from '../presence.js';
import type { SeenAt, SeenReplica, Version } from '../store.js';
import type { RedisCommands } from './redis-commands.js';
import { readEntry, type RedisEntry } from './redis-entry.js';

/** The result of scripts/replicas.lua. */
type Reply = [
  now: number,
  entries: RedisEntry[] | null,
  version: Version,
  list: string,
  isOnLine: readonly (0 | 1)[],
];

/** Somebody who wants to see the list if the store has made a certain write. */
interface Look {
  readonly version: Version;
  readonly deadline: number;
  readonly resolve: (seen: SeenAt | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** The list of replicas. All who look at it in the same tick share one call; each has its own condition. */
export class RedisLooks {
  private waiting: Look[] = [];
  /** The facts about the replicas that were listed last, by their texts: they do not change, and a list is read often. */
  private facts = new Map<string, unknown>();

  /** @param saw is called with each list */
  constructor(
    private readonly commands: RedisCommands,
    private readonly replicaLease: number,
    private readonly saw: (entries: readonly RedisEntry[]) => void,
  ) {}

  /** The listed replicas, whatever the store has made. */
  async all(deadline: number): Promise<SeenAt> {
    const [now, entries, , list] = await this.ask([], deadline);
    return { replicas: this.read(entries ?? [], now), version: undefined, list };
  }

  /** As {@link StateStore.replicasAt}. */
  at(version: Version, deadline: number): Promise<SeenAt | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ version, deadline, resolve, reject });
      if (this.waiting.length === 1) {
        // by then all callers that were woken together have asked
        process.nextTick(() => void this.answer(this.waiting.splice(0)));
      }
    });
  }

  /** Takes a replica off the list. @param onlySilent one that is alive stays */
  async strike(id: string, onlySilent: boolean, deadline: number): Promise<'gone' | 'absent' | 'alive'> {
    const args = [id, this.commands.channel, onlySilent ? '1' : '0'];
    const outcome = await this.commands.run('leave', 'LEAVE', ['replicas'], deadline, args);
    return outcome as 'gone' | 'absent' | 'alive';
  }

  private async answer(looks: readonly Look[]): Promise<void> {
    const versions = [...new Set(looks.map(({ version }) => version))];
    try {
      const deadline = Math.min(...looks.map((look) => look.deadline));
      const [now, entries, version, list, isOnLine] = await this.ask(versions, deadline);
      const seen = entries && { replicas: this.read(entries, now), version, list };
      for (const look of looks) {
        look.resolve(seen && isOnLine[versions.indexOf(look.version)] === 1 ? seen : undefined);
      }
    } catch (error) {
      looks.forEach(({ reject }) => reject(error));
    }
  }

  private async ask(versions: readonly Version[], deadline: number): Promise<Reply> {
    const { commands, replicaLease } = this;
    const names = ['replicas', ...(versions.length > 0 ? (['records', 'writes'] as const) : [])] as const;
    const args = () => [replicaLease, commands.server(), ...versions];
    return (await commands.run('replicas', 'REPLICAS', names, deadline, args)) as Reply;
  }

  private read(entries: readonly RedisEntry[], now: number): SeenReplica[] {
    this.saw(entries);
    const { facts: before } = this;
    this.facts = new Map();
    return entries.map((entry) => readEntry(entry, now, (text) => this.parse(text, before)));
  }

  private parse(text: string, before: ReadonlyMap<string, unknown>): unknown {
    const facts = before.get(text) ?? parseJson(text);
    this.facts.set(text, facts);
    return facts;
  }
}
