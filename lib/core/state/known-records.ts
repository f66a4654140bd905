import { relate } from '../document/merge.js';
import { hasParts, type KeyRecord, type StateDocument } from '../document/record.js';
import { isAtLeast, parseVersion } from '../document/version.js';
import type { News, StoredRecords, Version, Written } from '../store/store.js';

const NONE: ReadonlyMap<string, KeyRecord> = new Map();
const NOWHERE = { history: '', revision: 0, write: '' };

/** The records that this process knows, and the version of the store that it is at. */
export class KnownRecords {
  private records = new Map<string, KeyRecord>();
  private alive = new Map<string, KeyRecord>();
  private at: Version | null = null;
  private line = 0;
  private whole: StateDocument | null = null;
  /** The records that the store itself returned before a push replaced them. */
  private readonly heard = new Map<string, KeyRecord | undefined>();
  /**
   * Keys of which this process knows its own writes but which its version does not cover, since others have written in between.
   */
  private readonly beyond = new Set<string>();

  /** What is known; `null` while that is nothing. */
  get document(): StateDocument | null {
    return this.whole;
  }

  /** The version of the store that this process is at; `null` before the store was read, and when it must be read as a whole. */
  get version(): Version | null {
    return this.at;
  }

  /** Those that say more than that a key is off. */
  get live(): ReadonlyMap<string, KeyRecord> {
    return this.alive;
  }

  /** The last records that the store itself has returned or accepted: only these may be written back. */
  get proven(): ReadonlyMap<string, KeyRecord> {
    if (this.heard.size === 0) {
      return this.records;
    }
    const proven = new Map(this.records);
    for (const [name, record] of this.heard) {
      if (record) {
        proven.set(name, record);
      } else {
        proven.delete(name);
      }
    }
    return proven;
  }

  get(name: string): KeyRecord | undefined {
    return this.records.get(name);
  }

  /** Keys about which this process knows more than its version says: the store's next answer must mention them. */
  get unconfirmed(): readonly string[] {
    return [...this.beyond];
  }

  /**
   * The store has answered.
   * @param own keys that it had to mention
   * @returns `false` if it does not, or only what was there before: it has lost something, and is read as a whole next
   */
  confirmOwn(own: readonly string[], shown: StoredRecords['records']): boolean {
    const isWhole = own.every((name) => this.isIn(shown, name));
    if (!isWhole) {
      this.distrust();
    }
    return isWhole;
  }

  /** What the store has mentioned as it is known here is covered by the version of its answer. */
  cover(shown: StoredRecords['records']): void {
    for (const name of this.beyond) {
      if (this.isIn(shown, name)) {
        this.beyond.delete(name);
      }
    }
  }

  /** Whether the store shows what is known of a key, or what was made of it; if that cannot be read, it may be that. */
  private isIn(shown: StoredRecords['records'], name: string): boolean {
    const [one, known] = [shown.get(name), this.records.get(name)];
    return one !== undefined && !(known && 'record' in one && relate(known, one.record) === 'earlier');
  }

  /**
   * Whether an answer of the store was faster than this push: its version is not further, and what is known of its key was made
   * from it. A store that was set back continues with the same numbers, but with other writes; what was put back into it keeps its
   * write id, but the version has another.
   */
  isPast({ name, record, version }: News): boolean {
    const known = this.records.get(name);
    return (
      known !== undefined &&
      isAtLeast(this.at ?? '', version) &&
      parseVersion(version)?.write === record.write &&
      (known.write === record.write || known.past.includes(record.write))
    );
  }

  /** Applies what was written since the version that is known here. */
  follow(news: ReadonlyMap<string, KeyRecord>, version: Version): void {
    this.heard.clear();
    this.replace(news, version);
  }

  /** Replaces everything by what the store holds, which need not continue from what is known here. @returns all */
  take(news: ReadonlyMap<string, KeyRecord>, version: Version): ReadonlyMap<string, KeyRecord> {
    const all = new Map([...this.proven, ...news]);
    this.heard.clear();
    this.beyond.clear();
    this.line++;
    this.records = new Map();
    this.alive = new Map();
    this.replace(all, version);
    return all;
  }

  /** Applies a record that arrived by push, until the store itself returns its state. */
  hear({ name, record, version }: News): void {
    const known = this.records.get(name);
    if (known && this.beyond.has(name) && relate(known, record) === 'earlier') {
      // this process has written since, and its own push comes next
      this.replace(NONE, version);
      return;
    }
    if (!this.heard.has(name)) {
      this.heard.set(name, known);
    }
    this.beyond.delete(name);
    this.replace(new Map([[name, record]]), version);
  }

  /** The store holds what is known here. */
  confirm(): void {
    this.heard.clear();
  }

  /**
   * Applies what this process wrote itself, or found as it wrote.
   * @returns `false` if a faster answer has brought something newer
   */
  advance(
    name: string,
    record: KeyRecord,
    { before, version }: Pick<Written, 'before' | 'version'>,
  ): boolean {
    const known = this.records.get(name);
    if (known && relate(known, record) === 'earlier') {
      return false;
    }
    this.heard.delete(name);
    const goesOn = before === this.at;
    // if its push was faster, the version that came with that covers it
    if (!goesOn && known?.write !== record.write) {
      // what others have written in between is not known yet
      this.beyond.add(name);
    }
    this.replace(new Map([[name, record]]), goesOn ? version : this.at);
    return true;
  }

  /** The store may hold something else under this version: it is read as a whole next. */
  distrust(): void {
    this.at = null;
  }

  /** What is stored under that version cannot be read; what was known stays. */
  pass(version: Version): void {
    this.at = version;
  }

  /** Replaces the known records of their keys: the cost depends on their number, not on the number of all keys. */
  private replace(changed: ReadonlyMap<string, KeyRecord>, version: Version | null): void {
    const { records, alive } = this;
    for (const [name, record] of changed) {
      records.set(name, record);
      if (hasParts(record)) {
        alive.set(name, record);
      } else {
        alive.delete(name);
      }
    }
    this.at = version;
    const parts = parseVersion(version ?? '') ?? this.whole ?? NOWHERE;
    const { history, revision, write } = version === '' ? NOWHERE : parts;
    this.whole =
      version === '' && records.size === 0
        ? null
        : { history, revision, write, line: this.line, keys: records, live: alive };
  }
}
