import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceState } from './maintenance-state.js';

/**
 * One answer for one request: is it affected by this key? Extend it for rules of your own and hand the class to a key
 * as `statusClass`.
 *
 * @example
 * ```ts
 * class OutsideOfficeHours extends MaintenanceStatus {
 *   override maintaining() {
 *     return this.value && new Date().getHours() > 18;
 *   }
 * }
 * ```
 * @publicApi
 */
export class MaintenanceStatus {
  // declared, not defined: one is made for each request and active key, and defining fields costs ten times the rest
  /** Is the key in maintenance at all. */
  declare readonly value: boolean;
  /** The key that was asked, `null` when none is in maintenance. */
  declare readonly key: MaintenanceKey | null;
  /** The request, socket or message the answer is for, as the framework hands it out; `undefined` outside of one. */
  declare readonly request?: unknown;
  /** What is known of the key. */
  declare readonly state?: MaintenanceState;

  constructor(value: boolean, key: MaintenanceKey | null, request?: unknown, state?: MaintenanceState) {
    this.value = value;
    this.key = key;
    this.request = request;
    this.state = state;
  }

  /** Override: `false` lets this request pass. Called synchronously on the request path; keep it quick. */
  maintaining(): boolean {
    return this.value;
  }

  /** What {@link maintaining} says. */
  get active(): boolean {
    return this.maintaining();
  }
}

/** A class whose instances answer for a key. @publicApi */
export type MaintenanceStatusClass = new (
  value: boolean,
  key: MaintenanceKey | null,
  request?: unknown,
  state?: MaintenanceState,
) => MaintenanceStatus;
