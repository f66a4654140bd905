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
  isOver(session: Session): boolean {
    const end = this.endOf(session);
    return end === undefined ? this.manager.document !== null : end <= this.manager.store.latest();
  }

  look(): void {
    const { document, store } = this.manager;
    const now = store.latest();
    let next = Infinity;
    for (const session of this.sessions.values()) {
      const end = this.endOf(session);
      if (end !== undefined && now < end) {
        next = Math.min(next, end);
        continue;
      }
      const unset = document?.keys.get(session.key)?.change.cause === 'unset';
      const gone = unset ? 'somebody unset the key' : 'its hold is gone from the store';
      session.end(end === undefined ? gone : 'its time is over');
    }
    this.timer.set(next);
  }

  /** When the time of a hold is over, by the store's clock; `undefined`: it is gone from the state. */
  private endOf({ key, hold }: Session): number | undefined {
    const own = this.manager.document?.keys.get(key)?.holds.find(({ id }) => id === hold);
    return own && (own.until ?? Infinity);
  }
}
