import type { StateManager } from '../state/state-manager.js';
import { DrainWatch } from './drain-watch.js';
import type { CallJudge, RunningCalls } from './running-calls.js';

/** What this replica still serves of what draining holds refuse: one watch for each, made when the hold is learned of. */
export class HoldWatches {
  private readonly watches = new Map<string, DrainWatch>();

  /** @param emptied is called when nothing is left of what some hold waits for */
  constructor(
    private readonly manager: StateManager,
    private readonly calls: RunningCalls,
    private readonly judge: CallJudge,
    private readonly emptied: () => void,
  ) {
    // in the same tick as the snapshot: what was let pass before it is all there is to wait for
    manager.updates.subscribe(() => this.follow());
  }

  /** Routes still served that a hold refuses. */
  routesOf(hold: string): readonly string[] {
    return this.watches.get(hold)?.routes ?? [];
  }

  /** The same of all holds that wait for some. */
  all(): Record<string, readonly string[]> {
    return Object.fromEntries(
      [...this.watches]
        .filter(([, { routes }]) => routes.length > 0)
        .map(([hold, { routes }]) => [hold, routes]),
    );
  }

  /** Watches for the holds that there are now. */
  follow(): void {
    const draining = this.draining();
    for (const [hold, watch] of this.watches) {
      if (!draining.has(hold)) {
        // an operator who unsets a key gives up nothing that ran before
        if (this.manager.document?.keys.get(watch.key)?.change.cause === 'unset') {
          watch.stop();
        } else {
          watch.giveUp();
        }
        this.watches.delete(hold);
      }
    }
    for (const [hold, key] of draining) {
      if (!this.watches.has(hold)) {
        const watch = new DrainWatch(
          key,
          this.calls,
          (call, late) => this.judge.ask(key, call, late),
          () => queueMicrotask(this.emptied),
        );
        this.watches.set(hold, watch);
      }
    }
  }

  stop(): void {
    this.watches.forEach((watch) => watch.stop());
    this.watches.clear();
  }

  /** Keys by the ids of the holds that drain them. */
  private draining(): Map<string, string> {
    const found = new Map<string, string>();
    const now = this.manager.store.now();
    for (const [key, { holds }] of this.manager.document?.keys ?? []) {
      holds
        .filter(({ draining, until }) => draining && (until === null || now < until))
        .forEach(({ id }) => found.set(id, key));
    }
    return found;
  }
}
