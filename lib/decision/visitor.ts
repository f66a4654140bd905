import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import { momentOf } from '../core/windows/reopening.js';

/** Whether the moment at which a key opens depends on the visitor. */
export const isGradual = ({ state }: Pick<ActiveKey, 'state'>): boolean =>
  state.reopening !== undefined || state.reopenOver !== undefined;

/** A visitor who comes back at a moment of their own. */
export class Visitor {
  constructor(
    /** Place in the line, from 0 (the first) to 1. */
    private readonly place: number,
    /** Epoch ms by the store's clock. */
    private readonly now: number,
  ) {}

  /** The state of a key for this visitor alone; `undefined`: they are back. */
  own(state: MaintenanceState): MaintenanceState | undefined {
    const { reopening, reopenOver, until } = state;
    if (reopening) {
      const { from, until: end } = reopening;
      const moment = momentOf({ from: from.getTime(), until: end.getTime() }, this.place);
      return moment <= this.now ? undefined : closedUntil(state, moment);
    }
    // while it is on, the moment is known if the end is
    if (until === null || reopenOver === undefined) {
      return state;
    }
    const from = until.getTime();
    return closedUntil(state, momentOf({ from, until: from + reopenOver }, this.place));
  }
}

function closedUntil(state: MaintenanceState, moment: number): MaintenanceState {
  const until = new Date(Math.ceil(moment));
  return { ...state, value: true, until, endsAt: until };
}
