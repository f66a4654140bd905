import type { MaintenanceReopening, MaintenanceState } from '../core/keys/maintenance-state.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import { momentOf } from '../core/windows/reopening.js';

/** Whether the moment at which a key opens depends on the visitor. */
export const isGradual = ({ state }: Pick<ActiveKey, 'state'>): boolean =>
  state.reopening !== undefined || state.reopenOver !== undefined || state.reopens !== undefined;

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
    const { reopening, reopens, until } = state;
    if (reopening) {
      const moment = this.momentIn(reopening);
      return moment <= this.now ? undefined : closedUntil(state, moment);
    }
    // while it is on, the moment is known if the end is; a reopening that was interrupted continues then
    return until && reopens ? closedUntil(state, Math.max(until.getTime(), this.momentIn(reopens))) : state;
  }

  private momentIn({ from, until }: MaintenanceReopening): number {
    return momentOf({ from: from.getTime(), until: until.getTime() }, this.place);
  }
}

function closedUntil(state: MaintenanceState, moment: number): MaintenanceState {
  const until = new Date(Math.ceil(moment));
  return { ...state, value: true, until, endsAt: until };
}
