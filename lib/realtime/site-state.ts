import { revisionOf, shownRevisionOf } from '../core/document/record.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { OFF, type MaintenanceReopening, type MaintenanceState } from '../core/keys/maintenance-state.js';
import type { ActiveKey, Snapshot } from '../core/state/snapshot.js';
import type { StateManager } from '../core/state/state-manager.js';
import { type StalePolicy, UNKNOWN } from '../decision/stale-policy.js';
import { isGradual } from '../decision/visitor.js';
import { closesSite, wouldCloseSite } from './closes-site.js';

/** What the keys mean for an ordinary visitor's pages. */
export class SiteState {
  constructor(
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly stale: StalePolicy,
  ) {}

  /** What refuses a page, if anything does. */
  closing({ active }: Snapshot): { key: MaintenanceKey | null; state: MaintenanceState } | undefined {
    return this.stale.blocks
      ? { key: null, state: UNKNOWN }
      : active.find(({ key, state }) => closesSite(key, state));
  }

  /** The reopening that ends last, of the keys that would have refused a page. */
  reopening({ active, refusing }: Snapshot): MaintenanceReopening | undefined {
    const reopenings =
      refusing === active
        ? []
        : refusing
            .filter(({ key, state }) => wouldCloseSite(key, state))
            .flatMap(({ state }) => state.reopening ?? []);
    return reopenings.sort((a, b) => b.until.getTime() - a.until.getTime())[0];
  }

  /** The keys that refuse pages until a moment that differs from visitor to visitor. */
  gradual({ refusing }: Snapshot): readonly ActiveKey[] {
    return refusing.filter((one) => isGradual(one) && wouldCloseSite(one.key, one.state));
  }

  /**
   * The last write that visitors may have noticed: of a key that is public, or that closes or closed the site. It is the same on
   * every replica, since pages remember it while several replicas answer them.
   */
  revision(deciding: MaintenanceKey | null | undefined): number {
    return this.lastWrite((key) => {
      const seen = key === deciding || (!this.manager.current(key).value && wouldCloseSite(key, OFF));
      return seen ? shownRevisionOf : undefined;
    });
  }

  /** The last write of a key that is public. */
  get publicRevision(): number {
    return this.lastWrite(() => undefined);
  }

  /** @param hidden which write of a key that is not public counts, if any */
  private lastWrite(hidden: (key: MaintenanceKey) => typeof revisionOf | undefined): number {
    const { document } = this.manager;
    return this.registry.all().reduce((last, key) => {
      const revision = key.public ? revisionOf : hidden(key);
      return revision ? Math.max(last, revision(document, key.name)) : last;
    }, 0);
  }
}
