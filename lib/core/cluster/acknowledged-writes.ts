import type { KeyRecord, StateDocument } from '../document/record.js';
import { formatVersion, isAtLeast, parseVersion, type Version } from '../document/version.js';
import type { StateManager } from '../state/state-manager.js';
import type { Presence } from '../store/store.js';

/**
 * Where a change is in the store. A replica at a version of the same history, with a revision at least as high, has applied it,
 * provided that the store has made the write at that place. A store that has lost it holds something older; one into which it
 * was put back has it at another place.
 */
export class AcknowledgedWrites {
  /** The change, or one that follows it; `undefined`: nothing is known of the key. */
  private readonly change: KeyRecord | undefined;
  private place: Version | undefined;
  /** The last version of the store that was seen to continue from the place. */
  private seen: Version | undefined;
  private line: number | undefined;

  /** @param written revision of the change; 0: nothing was written, and all that is known has to be applied */
  constructor(
    private readonly manager: StateManager,
    private readonly key: string,
    private readonly written: number,
  ) {
    const { document } = manager;
    this.change = document?.keys.get(key);
    this.line = document?.line;
    if (document && isPlaced(document) && this.change?.change.revision === written) {
      this.place = formatVersion({ history: document.history, revision: written, write: this.change.write });
    }
    this.look();
  }

  /** Identifies the place of the change: it differs as soon as the place does. */
  get mark(): Version | undefined {
    return this.place;
  }

  /** The revision that replicas must be at, or past; 0 while it is unknown. */
  get revision(): number {
    return parseVersion(this.place ?? '')?.revision ?? 0;
  }

  /**
   * The version that the store must be at, or past, for replicas' reports to count; `undefined` while it is unknown. Not the
   * place itself for long: a store remembers only its latest writes.
   */
  get version(): Version | undefined {
    return this.seen ?? this.place;
  }

  /** The store was at this version when it was past {@link version}; `undefined`: it was not, or was not asked. */
  confirm(version: Version | undefined): void {
    this.seen = version;
  }

  /** Checks whether what is known now continues from what was known before, or where else the change is. */
  look(): void {
    const { document } = this.manager;
    const isReadAnew = document?.line !== this.line;
    if (isReadAnew || (this.place === undefined && (document?.revision ?? 0) >= this.written)) {
      this.line = document?.line;
      this.place = isPlaced(document) && this.isIn(document) ? placeOf(document) : undefined;
      this.seen = undefined;
    }
  }

  /** Whether it is the change itself, or a later one. */
  private isIn(document: StateDocument | null): boolean {
    const now = document?.keys.get(this.key);
    const { change } = this;
    if (!now) {
      return !change && this.written === 0;
    }
    return !change || now.write === change.write || now.past.includes(change.write);
  }

  /** Whether a replica has applied the change. */
  includes({ at }: Pick<Presence, 'at'>): boolean {
    return this.place !== undefined && isAtLeast(at, this.place);
  }
}

/** Not while others have written to a store that was empty when it was read: it is unknown then in which history. */
const isPlaced = (document: StateDocument | null): boolean => document?.history !== '';

/** The version of everything known; `''` for nothing. */
const placeOf = (document: StateDocument | null): Version => (document ? formatVersion(document) : '');
