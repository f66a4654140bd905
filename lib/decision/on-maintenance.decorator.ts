import { MAINTENANCE_EVENTS, type MaintenanceEvent } from '../core/hooks/maintenance-event.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
import { decoratedNames } from './decorated-names.js';
import { noteDecorator } from './decorator-copies.js';
import { markMember } from './marked-members.js';

/** Members that are hooks. */
export const HOOK_MEMBERS = Symbol('nestjs-maintenance:hooks');

/** What a decorated member declares. */
export interface HookMark {
  readonly property: string | symbol;
  readonly event: MaintenanceEvent;
  /** Names of keys; empty for all. */
  readonly keys: readonly string[];
}

/**
 * Calls a provider's method when maintenance changes; it gets a {@link MaintenanceChange}.
 *
 * - `'changing'`: before a change, on the process that makes it; throwing refuses the change.
 * - `'entering'`, `'exiting'`: after a change that turned the key on or off, on the process that made it.
 * - `'changed'`: after every change, except of windows that are to come, and after an end by itself that opens the key; on every process.
 * - `'abandoned'`: the process of a `maintain()` died and left its key on; on one process of the cluster.
 * - `'entering'`, `'exiting'` of a planned window, `'announced'`: on one process of the cluster that has such a hook.
 * - `'overrun'`: the announced end is over and the key stays on without a known end, or a `maintain()` takes longer than expected; on one
 *   process of the cluster.
 * - `'scheduled'`, `'cancelled'`: a window was planned or changed, or cancelled; on the process that did it.
 *
 * A hook has five seconds. One that throws or hangs after the change is logged and stops nothing.
 *
 * @param keys names or keys it is called for; default: all
 * @publicApi
 */
export function OnMaintenance(event: MaintenanceEvent, ...keys: MaintenanceKeyLike[]): MethodDecorator {
  if (!MAINTENANCE_EVENTS.includes(event)) {
    throw MaintenanceConfigurationError.of('event of @OnMaintenance()', event, MAINTENANCE_EVENTS.join(', '));
  }
  const names = decoratedNames('@OnMaintenance()', keys);
  return (target, property) => {
    noteDecorator('@OnMaintenance()', target, property);
    markMember<HookMark>(HOOK_MEMBERS, target, { property, event, keys: names }, '@OnMaintenance()');
  };
}
