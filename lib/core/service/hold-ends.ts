import { BoundaryTimer } from '../common/boundary-timer.js';
import type { StateManager } from '../state/state-manager.js';
import type { Session } from './session.js';

/** Ends the work of this process whose hold is gone from the state, or whose time is over. */
export class HoldEnds {
  /** By the latest that the store's clock may show, so that no work outlives its hold on another replica. */
  private readonly timer: BoundaryTimer;

  /** @param sessions by hold */
  constructor(
    private readonly manager: StateManager,
    private readonly sessions: ReadonlyMap<string, Session>,
  ) {
    this.timer = new BoundaryTimer(
      () => manager.store.latest(),
      () => this.look(),
    );
    manager.updates.subscribe(() => this.look());
  }

  /** Whether a hold is gone from the state, as far as this process knows, or its time is over. */
  isOver({ key, hold }: Session): boolean {
    const { document, store } = this.manager;
    const own = document?.keys.get(key)?.holds.find(({ id }) => id === hold);
    return own ? (own.until ?? Infinity) <= store.latest() : document !== null;
  }

  look(): void {
    const { document, store } = this.manager;
    const now = store.latest();
    let next = Infinity;
    for (const session of this.sessions.values()) {
      const record = document?.keys.get(session.key);
      const own = record?.holds.find(({ id }) => id === session.hold);
      const end = own?.until ?? Infinity;
      if (own && now < end) {
        next = Math.min(next, end);
        continue;
      }
      const unset = record?.change.cause === 'unset';
      const gone = unset ? 'somebody unset the key' : 'its hold is gone from the store';
      session.end(own ? 'its time is over' : gone);
    }
    this.timer.set(next);
  }
}
