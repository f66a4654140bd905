import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceState } from './maintenance-state.js';

/**
 * The decision of one key for one request. Extend it for rules of your own, and pass the class to a key as `statusClass`.
 *
 * @example
 * ```ts
 * class OutsideOfficeHours extends MaintenanceStatus {
 *   override maintaining() {
 *     const hour = new Date().getHours();
 *     return this.value && (hour < 8 || hour >= 18);
 *   }
 * }
 * ```
 * @publicApi
 */
export class MaintenanceStatus {
  // declared, not defined: one is made for each request and active key, and defining fields costs ten times the rest
  /** Whether the key is in maintenance at all. */
  declare readonly value: boolean;
  /** The key that decided; `null` if none is in maintenance. */
  declare readonly key: MaintenanceKey | null;
  /** The request, socket or message in question, as the framework provides it; `undefined` if there is none. */
  declare readonly request?: unknown;
  /** The state of the key. */
  declare readonly state?: MaintenanceState;

  constructor(value: boolean, key: MaintenanceKey | null, request?: unknown, state?: MaintenanceState) {
    this.value = value;
    this.key = key;
    this.request = request;
    this.state = state;
  }

  /** Override it: `false` lets this request pass. Called synchronously for each request while the key is on, so keep it fast. */
  maintaining(): boolean {
    return this.value;
  }

  /** The result of {@link maintaining}. */
  get active(): boolean {
    return this.maintaining();
  }
}

/** A class whose instances decide for a key. @publicApi */
export type MaintenanceStatusClass = new (
  value: boolean,
  key: MaintenanceKey | null,
  request?: unknown,
  state?: MaintenanceState,
) => MaintenanceStatus;
