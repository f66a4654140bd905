/** What every error of this library extends, so that `catch` can tell them from an application's own. @publicApi */
export class MaintenanceError extends Error {
  /** The class, also where `instanceof` does not reach: in logs and across processes. */
  override name = 'MaintenanceError';

  /** Stable, for programs: tells the kinds of errors apart, also across processes. */
  readonly code: string = 'MAINTENANCE_ERROR';
}

/** Renders a received value for an error message, short. What may hold a secret is not for here. */
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
    return Array.isArray(value)
      ? `an array of ${value.length}`
      : `an object (${value.constructor?.name ?? 'null prototype'})`;
  }
  return String(value);
}

/**
 * An option or an argument is wrong. The message names the option, what was received and what is accepted.
 * @publicApi
 */
export class MaintenanceConfigurationError extends MaintenanceError {
  override name = 'MaintenanceConfigurationError';
  override readonly code = 'MAINTENANCE_CONFIGURATION';

  /** The option or argument the error is about, e.g. `"statusCode"`. */
  readonly option: string | undefined;

  /** @param message a whole sentence, or use {@link MaintenanceConfigurationError.of} */
  constructor(message: string, details?: { option?: string; cause?: unknown }) {
    super(message, details?.cause === undefined ? undefined : { cause: details.cause });
    this.option = details?.option;
  }

  /**
   * The usual form: option, value received, what is accepted.
   * @param describe renders the value; for values that may hold a secret
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

/** A key was named that nobody registered. @publicApi */
export class UnknownMaintenanceKeyError extends MaintenanceError {
  override name = 'UnknownMaintenanceKeyError';
  override readonly code = 'MAINTENANCE_UNKNOWN_KEY';

  /** The name that was asked for. */
  readonly key: string;

  constructor(
    key: unknown,
    /** The names there are. */
    readonly known: readonly string[],
  ) {
    super(
      `Unknown maintenance key ${describeValue(key)}; registered: ${known.map((name) => `"${name}"`).join(', ')}.`,
    );
    this.key = typeof key === 'string' ? key : String(key);
  }
}

/** The key's lock is held by somebody else, and the caller did not want to wait (any longer), or would wait for itself. @publicApi */
export class MaintenanceLockedError extends MaintenanceError {
  override name = 'MaintenanceLockedError';
  override readonly code = 'MAINTENANCE_LOCKED';

  /** Waiting would never have ended: the call itself has the key, or whoever has it waits for a key that the call has. */
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
              ? `, also after waiting ${waited} ms.`
              : '; pass { blocking: true } or a number of milliseconds to wait for it.'),
    );
    this.deadlock = deadlock;
  }
}

/** A change was asked for on the condition that the key is still at a revision, and it is not. @publicApi */
export class MaintenanceConflictError extends MaintenanceError {
  override name = 'MaintenanceConflictError';
  override readonly code = 'MAINTENANCE_CONFLICT';

  constructor(
    /** Name of the key. */
    readonly key: string,
  ) {
    super(`Maintenance key "${key}" was changed by somebody else meanwhile; this change was not made.`);
  }
}

/**
 * Refuses a change, thrown by a `changing` hook. Its message is for people: unlike that of any other error a hook throws, the
 * admin page and API show it to whoever asked for the change.
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

/** A lock or hold was lost while work was under way: its lease ran out, or somebody unset the key. @publicApi */
export class MaintenanceLockLostError extends MaintenanceError {
  override name = 'MaintenanceLockLostError';
  override readonly code = 'MAINTENANCE_LOCK_LOST';

  constructor(
    /** Name of the key. */
    readonly key: string,
    /** Why, in words. */
    readonly why: string,
  ) {
    super(`The maintenance of key "${key}" was lost while work was under way: ${why}.`);
  }
}

/**
 * The store could not be reached or refused. When {@link outcome} is `'unknown'` the write may have taken effect
 * before the answer was lost; it will not take effect later.
 * @publicApi
 */
export class MaintenanceStoreError extends MaintenanceError {
  override name = 'MaintenanceStoreError';
  override readonly code = 'MAINTENANCE_STORE';

  constructor(
    message: string,
    /** `'unknown'`: perhaps applied; `'refused'`: certainly not applied. */
    readonly outcome: 'unknown' | 'refused' = 'unknown',
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
