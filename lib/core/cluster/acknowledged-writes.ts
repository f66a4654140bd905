import type { KeyRecord, StateDocument } from '../document/record.js';
import { formatVersion, isAtLeast, type Version } from '../document/version.js';
import type { StateManager } from '../state/state-manager.js';
import type { Presence } from '../store/store.js';

/**
 * Where a change is in the store: a replica that is at a version of the same history, with a revision as high, has applied it, as
 * long as the store has made the write of that place. A store that has lost it holds something older, and one into which it was put
 * back has it in another place.
 */
export class AcknowledgedWrites {
  /** The change, or one that follows it; `undefined`: nothing is known of the key. */
  private readonly change: KeyRecord | undefined;
  private place: Version | undefined;
  /** The last version that the store was seen at and that goes on from the place. */
  private seen: Version | undefined;
  private line: number | undefined;

  /** @param revision of the change; 0: nothing was written, and all that is known has to be applied */
  constructor(
    private readonly manager: StateManager,
    private readonly key: string,
    private readonly revision: number,
  ) {
    const { document } = manager;
    this.change = document?.keys.get(key);
    this.line = document?.line;
    if (document && isPlaced(document) && this.change?.change.revision === revision) {
      this.place = formatVersion({ history: document.history, revision, write: this.change.write });
    }
    this.look();
  }

  /** Stands for the place of the change: another one as soon as that is another. */
  get mark(): Version | undefined {
    return this.place;
  }

  /**
   * The version that the store must be at, or past, for what replicas tell to count; `undefined` while it is not known. Not the place
   * itself for long: a store remembers only of its latest writes that they are on its line.
   */
  get version(): Version | undefined {
    return this.seen ?? this.place;
  }

  /** The store was at this version when it was past {@link version}; `undefined`: it was not, or that was not asked. */
  confirm(version: Version | undefined): void {
    this.seen = version;
  }

  /** Looks whether what is known now goes on from what was known before, or where else the change is. */
  look(): void {
    const { document } = this.manager;
    const isReadAnew = document?.line !== this.line;
    if (isReadAnew || (this.place === undefined && (document?.revision ?? 0) >= this.revision)) {
      this.line = document?.line;
      this.place = isPlaced(document) && this.isIn(document) ? placeOf(document) : undefined;
      this.seen = undefined;
    }
  }

  /** Is it the change itself, or one made after it. */
  private isIn(document: StateDocument | null): boolean {
    const now = document?.keys.get(this.key);
    const { change } = this;
    if (!now) {
      return !change && this.revision === 0;
    }
    return !change || now.write === change.write || now.past.includes(change.write);
  }

  /** Has a replica applied the change. */
  includes({ at }: Pick<Presence, 'at'>): boolean {
    return this.place !== undefined && isAtLeast(at, this.place);
  }
}

/** Not while others have written into a store that was empty when it was read: in which history is not known then. */
const isPlaced = (document: StateDocument | null): boolean => document?.history !== '';

/** The version of all that is known; `''` for nothing. */
const placeOf = (document: StateDocument | null): Version => (document ? formatVersion(document) : '');
