import { HttpException } from '@nestjs/common';
import type { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import { refusalJson, type MaintenanceRefusalJson, type Refusal } from '../../decision/refusal.js';

/**
 * Thrown for a refused request. It carries status and JSON. The headers are set before it is thrown, so a catch-all filter of
 * the application can respond as it likes.
 * @publicApi
 */
export class MaintenanceException extends HttpException {
  /** Name of the class, for places where `instanceof` does not work. */
  override name = 'MaintenanceException';

  /** Stable, for programs. */
  readonly code = 'MAINTENANCE';

  /** The key that refuses; `null` if the replica has lost contact with the store and `onStale` is `'block'`. */
  declare readonly key: MaintenanceKey | null;
  /** Whole seconds. */
  readonly retryAfter: number;
  /** The known end, `null` when none was given. */
  readonly until: Date | null;
  /** @internal */
  declare readonly refusal: Refusal;
  private readonly body: MaintenanceRefusalJson;

  /** @internal */
  constructor(refusal: Refusal) {
    super(refusal.message, refusal.statusCode);
    // filters may log the exception, or send it: the refusal leads to a request with its headers, often that of another visitor,
    // and a key to what only operators see, and to what is injected into it
    Object.defineProperties(this, { refusal: { value: refusal }, key: { value: refusal.status.key } });
    this.body = refusalJson(refusal);
    this.retryAfter = refusal.retryAfter;
    this.until = refusal.until;
  }

  /** The JSON body; a fresh copy each time. */
  override getResponse(): MaintenanceRefusalJson {
    return { ...this.body };
  }
}

/** Creates an error without a stack trace: it is a response, and its origin is always the same. */
export function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
