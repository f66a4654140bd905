import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import type { ActiveKey } from '../core/state/snapshot.js';

/** Does the moment at which a key opens depend on who asks. */
export const isGradual = ({ state }: ActiveKey): boolean =>
  state.reopening !== undefined || state.reopenOver !== undefined;

/** Somebody who comes back at a moment of their own. */
export class Visitor {
  constructor(
    /** Place in the line, from 0 (the first) to 1. */
    private readonly place: number,
    /** Epoch ms by the store's clock. */
    private readonly now: number,
  ) {}

  /** The state of a key for them alone; `undefined`: they are back. */
  own(state: MaintenanceState): MaintenanceState | undefined {
    const { reopening, reopenOver, until } = state;
    if (reopening) {
      const from = reopening.from.getTime();
      const moment = from + this.place * (reopening.until.getTime() - from);
      return moment <= this.now ? undefined : closedUntil(state, moment);
    }
    // while it is on, the moment is known where the end is
    return until === null || reopenOver === undefined
      ? state
      : closedUntil(state, until.getTime() + this.place * reopenOver);
  }
}

function closedUntil(state: MaintenanceState, moment: number): MaintenanceState {
  const until = new Date(Math.ceil(moment));
  return { ...state, value: true, until, endsAt: until };
}
