import { isOfAnotherCopy } from '../common/copy.js';

/** Base class of the errors of this library. @publicApi */
export class MaintenanceError extends Error {
  /** Name of the class, for places where `instanceof` does not work: logs, other processes. */
  override name = 'MaintenanceError';

  /** Identifies the kind of error; stable, and also valid across processes. */
  readonly code: string = 'MAINTENANCE_ERROR';
}

/** Renders a received value for an error message, short. Not for values that may contain a secret. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  }
  if (typeof value === 'function') {
    return value.name ? `function ${value.name}` : 'a function';
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? `an array of ${value.length}` : `an object (${describeClass(value)})`;
  }
  return String(value);
}

/** Parsed JSON may have a `constructor` of its own, so its prototype is asked. */
function describeClass(value: object): string {
  const prototype = Object.getPrototypeOf(value) as Partial<object> | null;
  const name = prototype?.constructor?.name ?? 'null prototype';
  return prototype && isOfAnotherCopy(prototype) ? `${name} of another copy of nestjs-maintenance` : name;
}

/**
 * An option or an argument is wrong. The message names the option, the value received and what is accepted.
 * @publicApi
 */
export class MaintenanceConfigurationError extends MaintenanceError {
  override name = 'MaintenanceConfigurationError';
  override readonly code = 'MAINTENANCE_CONFIGURATION';

  /** The option or argument the error is about, e.g. `"statusCode"`. */
  readonly option: string | undefined;

  /** @param message a complete sentence; for the usual form use {@link MaintenanceConfigurationError.of} */
  constructor(message: string, details?: { option?: string; cause?: unknown }) {
    super(message, details?.cause === undefined ? undefined : { cause: details.cause });
    this.option = details?.option;
  }

  /**
   * Creates the error in its usual form: option, value received, what is accepted.
   * @param describe renders the value; for values that may contain a secret
   */
  static of(
    option: string,
    received: unknown,
    accepted: string,
    describe: (value: unknown) => string = describeValue,
  ): MaintenanceConfigurationError {
    return new MaintenanceConfigurationError(
      `Maintenance option "${option}" received ${describe(received)}; accepted: ${accepted}.`,
      { option },
    );
  }
}

/** The key is not registered. @publicApi */
export class UnknownMaintenanceKeyError extends MaintenanceError {
  override name = 'UnknownMaintenanceKeyError';
  override readonly code = 'MAINTENANCE_UNKNOWN_KEY';

  /** The name that was given. */
  readonly key: string;

  constructor(
    key: unknown,
    /** The registered names. */
    readonly known: readonly string[],
  ) {
    super(
      `Unknown maintenance key ${describeValue(key)}; registered: ${known.map((name) => `"${name}"`).join(', ')}.`,
    );
    this.key = typeof key === 'string' ? key : describeValue(key);
  }
}

/** No window has this id: it was never planned, is over, or was cancelled. @publicApi */
export class UnknownMaintenanceWindowError extends MaintenanceError {
  override name = 'UnknownMaintenanceWindowError';
  override readonly code = 'MAINTENANCE_UNKNOWN_WINDOW';

  constructor(
    /** The id that was asked for. */
    readonly id: unknown,
  ) {
    super(
      `Unknown maintenance window ${describeValue(id)}: it was never planned, is over, or was cancelled.`,
    );
  }
}

/** Another `maintain()` has the key's lock, and the caller does not wait (any longer), or would wait for itself. @publicApi */
export class MaintenanceLockedError extends MaintenanceError {
  override name = 'MaintenanceLockedError';
  override readonly code = 'MAINTENANCE_LOCKED';

  /** Whether waiting would never end: the call itself has the key, or its holder waits for a key that the call has. */
  readonly deadlock: boolean;

  constructor(
    /** Name of the key. */
    readonly key: string,
    { waited = 0, deadlock = false }: { waited?: number; deadlock?: boolean } = {},
  ) {
    super(
      deadlock
        ? `Waiting for maintenance key "${key}" would never end: this call holds it itself, or holds a key that its holder waits for.`
        : `Maintenance key "${key}" is locked by another maintain()` +
            (waited > 0
              ? `, even after waiting ${waited} ms.`
              : '; pass { blocking: true } or a number of milliseconds to wait for it.'),
    );
    this.deadlock = deadlock;
  }
}

/**
 * A conditional change (`ifRevision`) was not made because the key or window has changed since; or a window was not planned because
 * it overlaps another window of the key.
 * @publicApi
 */
export class MaintenanceConflictError extends MaintenanceError {
  override name = 'MaintenanceConflictError';
  override readonly code = 'MAINTENANCE_CONFLICT';

  constructor(
    /** Name of the key. */
    readonly key: string,
    message = `Maintenance key "${key}" was changed by somebody else in the meantime; this change was not made.`,
  ) {
    super(message);
  }
}

/**
 * Thrown by a `changing` hook to refuse a change. Unlike the message of any other error that a hook throws, the admin page and API
 * show its message to the client.
 *
 * @example
 * ```ts
 * @OnMaintenance('changing', 'general')
 * check(change: MaintenanceChange) {
 *   if (change.to && this.checkout.isBusy) throw new MaintenanceVetoError('Payments are under way; try again in a minute.');
 * }
 * ```
 * @publicApi
 */
export class MaintenanceVetoError extends MaintenanceError {
  override name = 'MaintenanceVetoError';
  override readonly code = 'MAINTENANCE_VETO';
}

/** A lock or hold was lost before it was left: its lease ran out, somebody unset the key, or the store lost it. @publicApi */
export class MaintenanceLockLostError extends MaintenanceError {
  override name = 'MaintenanceLockLostError';
  override readonly code = 'MAINTENANCE_LOCK_LOST';

  constructor(
    /** Name of the key. */
    readonly key: string,
    /** Why, in words. */
    readonly why: string,
  ) {
    super(`The maintenance of key "${key}" was lost: ${why}.`);
  }
}

/**
 * The store was unreachable or refused. If {@link outcome} is `'unknown'`, the write may have taken effect
 * before the answer was lost; it will not take effect later.
 * @publicApi
 */
export class MaintenanceStoreError extends MaintenanceError {
  override name = 'MaintenanceStoreError';
  override readonly code = 'MAINTENANCE_STORE';

  constructor(
    message: string,
    /** `'unknown'`: may have been applied; `'refused'`: was not applied. */
    readonly outcome: 'unknown' | 'refused' = 'unknown',
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
