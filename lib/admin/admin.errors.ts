import type { MaintenancePermission } from '../options/access-options.js';
import { MaintenanceError } from '../core/errors/errors.js';
import { errorJson, type ErrorDetails, type MaintenanceErrorJson } from '../http/errors/error-answer.js';

/** One thing that is wrong with a request's body. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** What a status means unless more is said. */
const CODES: Readonly<Record<number, string>> = {
  400: 'MAINTENANCE_CONFIGURATION',
  403: 'MAINTENANCE_DENIED',
  404: 'MAINTENANCE_UNKNOWN_KEY',
  409: 'MAINTENANCE_CONFLICT',
  413: 'MAINTENANCE_BODY',
  415: 'MAINTENANCE_BODY',
  503: 'MAINTENANCE_STORE',
};

/** A request that the admin API refuses, with its response. */
export class AdminApiError extends MaintenanceError {
  override name = 'AdminApiError';
  override readonly code: string;

  constructor(
    readonly statusCode: number,
    message: string,
    readonly details: ErrorDetails = {},
    /** The missing one. */
    readonly permission?: MaintenancePermission,
  ) {
    super(message);
    this.code = details.code ?? CODES[statusCode] ?? 'MAINTENANCE_ERROR';
  }

  toJSON(): MaintenanceErrorJson {
    return errorJson(this.statusCode, this.message, { code: this.code, ...this.details });
  }
}

/** A body that is not accepted. */
export function badRequest(errors: readonly FieldError[]): AdminApiError {
  return new AdminApiError(400, errors.map(({ message }) => message).join(' '), { errors });
}
