import { HttpException } from '@nestjs/common';
import type { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import { refusalJson, type MaintenanceRefusalJson, type Refusal } from '../../decision/refusal.js';

/**
 * What a refused request throws. Carries status and JSON; the headers are set before it is thrown, so an application's
 * own catch-all filter may answer as it likes.
 * @publicApi
 */
export class MaintenanceException extends HttpException {
  /** The class, also where `instanceof` does not reach. */
  override name = 'MaintenanceException';

  /** Stable, for programs. */
  readonly code = 'MAINTENANCE';

  /** The key that refused. */
  readonly key: MaintenanceKey | null;
  /** Whole seconds. */
  readonly retryAfter: number;
  /** The known end, `null` when none was given. */
  readonly until: Date | null;
  private readonly body: MaintenanceRefusalJson;

  /** @internal */
  constructor(
    /** @internal */
    readonly refusal: Refusal,
  ) {
    super(refusal.message, refusal.statusCode);
    this.body = refusalJson(refusal);
    this.key = refusal.status.key;
    this.retryAfter = refusal.retryAfter;
    this.until = refusal.until;
  }

  /** The JSON body; a fresh copy each time. */
  override getResponse(): MaintenanceRefusalJson {
    return { ...this.body };
  }
}

/** Makes an error without a stack trace: it is an answer, and its origin is always the same. */
export function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
