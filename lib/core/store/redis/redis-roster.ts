import { isCount, parseJson, type Member } from '../presence.js';
import { factsOf, type RedisEntry } from './redis-entry.js';

/**
 * The replicas that this process remembers. A Redis that was restarted or has taken over may have lost some of them, and one of
 * those may be silent and unable to report itself, so the other replicas list it again.
 */
export class RedisRoster {
  private token = '';
  /** Member texts by id. */
  private members: ReadonlyMap<string, string> = new Map();
  /** Their leases, read once: they are needed with each heartbeat. */
  private leases: readonly number[] = [];
  private lost = new Map<string, string>();

  /** Identifies what is known, so that Redis returns only what is new. */
  get known(): string {
    return this.token;
  }

  /** When this Redis was first met with its data, by its own clock; 0 before. */
  get since(): number {
    return Number(this.token.split('.')[0]);
  }

  /** Ids and texts of those to vouch for. */
  get unlisted(): readonly (readonly [id: string, text: string])[] {
    return [...this.lost];
  }

  /** Milliseconds for which a replica that is not listed may trust its state: the longest lease of all. */
  longestLease(own: number): number {
    return Math.max(own, ...this.leases);
  }

  /** Whether any other replica is listed. */
  hasOthers(id: string | undefined): boolean {
    return this.members.size > (id !== undefined && this.members.has(id) ? 1 : 0);
  }

  /**
   * @param token identifies the list: when this Redis was met, a dot, a number
   * @param texts of its members
   */
  learn(token: string, texts: readonly string[]): void {
    const before = this.since;
    this.token = token;
    if (before !== 0 && before !== this.since) {
      this.lost = new Map([...this.lost, ...this.members]);
    }
    this.remember(new Map(texts.flatMap(entryOf)));
    this.members.forEach((_, id) => this.lost.delete(id));
  }

  /** Remembers what a look at the list shows, too: the list may be lost before an exchange returns it. */
  saw(entries: readonly RedisEntry[]): void {
    const unknown = entries.filter(([id]) => !this.members.has(id));
    if (unknown.length > 0) {
      this.remember(new Map([...this.members, ...unknown.flatMap(([, , entry]) => entryOf(factsOf(entry)))]));
    }
  }

  private remember(members: ReadonlyMap<string, string>): void {
    this.members = members;
    const leases = [...members.values()].map((text) => (parseJson(text) as Partial<Member>).lease);
    // another version may say it otherwise
    this.leases = leases.filter(isCount);
  }

  /** All of {@link unlisted} are listed again. */
  vouched(): void {
    this.lost.clear();
  }
}

function entryOf(text: string): [string, string][] {
  const { id } = (parseJson(text) ?? {}) as Partial<Member>;
  return typeof id === 'string' ? [[id, text]] : [];
}
