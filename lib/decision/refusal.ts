import { DEFAULT_MESSAGE, REOPENING_MESSAGE } from '../i18n/texts.js';
import { OFF, type MaintenanceState } from '../core/keys/maintenance-state.js';
import type { MaintenanceStatus } from '../core/keys/maintenance-status.js';

/** Body of a JSON refusal. @publicApi */
export interface MaintenanceRefusalJson {
  /** HTTP status. */
  statusCode: number;
  /** `'Service Unavailable'`. */
  error: string;
  /** The message for visitors. */
  message: string;
  /** Distinguishes it from any other 503. */
  maintenanceMode: true;
  /** Whole seconds. */
  retryAfter: number;
  /** ISO 8601, `null` when no end is known. */
  until: string | null;
}

/** The facts of a refusal, the same for every transport. */
export interface Refusal {
  readonly status: MaintenanceStatus;
  readonly statusCode: number;
  readonly message: string;
  /** Whole seconds, at least 1. */
  readonly retryAfter: number;
  readonly until: Date | null;
}

/** What a refusal is made of, besides the status. */
export interface RefusalSettings {
  readonly statusCode: number;
  /** Milliseconds. */
  readonly refreshDelay: number;
}

/**
 * @param now epoch ms by the store's clock
 * @param say returns the message for a state, or the built-in one, in the language of the refused caller
 */
export function createRefusal(
  status: MaintenanceStatus,
  settings: RefusalSettings,
  now: number,
  say: (state: Pick<MaintenanceState, 'message' | 'messages'>, builtIn: string) => string,
): Refusal {
  const until = status.state?.until ?? null;
  return {
    status,
    statusCode: settings.statusCode,
    message: say(
      status.state ?? OFF,
      status.state?.phase === 'reopening' ? REOPENING_MESSAGE : DEFAULT_MESSAGE,
    ),
    retryAfter: getRetryAfter(until, settings.refreshDelay, now),
    until,
  };
}

/** Whole seconds until the known end, at least 1; without one, the time after which a page tries again. */
export function getRetryAfter(until: Date | null, refreshDelay: number, now: number): number {
  return Math.max(1, Math.ceil((until === null ? refreshDelay : until.getTime() - now) / 1000));
}

/** The facts as JSON. */
export function refusalJson({
  statusCode,
  message,
  retryAfter,
  until,
}: Omit<Refusal, 'status'>): MaintenanceRefusalJson {
  return {
    statusCode,
    error: 'Service Unavailable',
    message,
    maintenanceMode: true,
    retryAfter,
    until: until?.toISOString() ?? null,
  };
}
