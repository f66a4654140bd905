import type { KeyRecord, StateDocument } from '../document/record.js';
import { formatVersion, parseVersion, type Version, type VersionParts } from '../document/version.js';
import type { StateManager } from '../state/state-manager.js';
import type { Presence } from '../store/store.js';

/**
 * Where a change is in the store: a replica that is at a version of the same history, with a revision as high, has applied it, as
 * long as the store has made the write of that place. A store that has lost it holds something older, and one into which it was put
 * back has it in another place.
 */
export class AcknowledgedWrites {
  /** The change, or one that follows it. */
  private readonly change: KeyRecord | undefined;
  private place: VersionParts | undefined;
  private line: number | undefined;

  /** @param revision of the change */
  constructor(
    private readonly manager: StateManager,
    private readonly key: string,
    private readonly revision: number,
  ) {
    const { document } = manager;
    this.change = document?.keys.get(key);
    this.line = document?.line;
    if (document && this.change?.change.revision === revision) {
      this.place = { history: document.history, revision, write: this.change.write };
    }
    this.look();
  }

  /** The version that the store must be at, or past, for what replicas tell to count; `undefined` while it is not known. */
  get version(): Version | undefined {
    return this.place && formatVersion(this.place);
  }

  /** Looks whether what is known now goes on from what was known before, or where else the change is. */
  look(): void {
    const { document } = this.manager;
    if (document && document.line !== this.line) {
      this.line = document.line;
      this.place = this.isIn(document) ? placeOf(document) : undefined;
    } else if (document && !this.place && document.revision >= this.revision && this.isIn(document)) {
      this.place = placeOf(document);
    }
  }

  /** Is it the change itself, or one made after it. */
  private isIn({ keys }: StateDocument): boolean {
    const now = keys.get(this.key);
    const { change } = this;
    return now !== undefined && (!change || now.write === change.write || now.past.includes(change.write));
  }

  /** Has a replica applied the change. */
  includes({ at }: Pick<Presence, 'at'>): boolean {
    const told = parseVersion(at);
    const { place } = this;
    return (
      told !== undefined &&
      place !== undefined &&
      told.history === place.history &&
      told.revision >= place.revision
    );
  }
}

const placeOf = ({ history, revision, write }: StateDocument): VersionParts => ({ history, revision, write });
