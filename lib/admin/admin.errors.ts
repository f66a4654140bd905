import type { MaintenancePermission } from '../options/access-options.js';
import { MaintenanceError } from '../core/errors/errors.js';
import { errorJson, type MaintenanceErrorJson } from '../http/errors/error-answer.js';

/** One thing that is wrong with a request's body. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** A request that the admin API refuses, with the answer it gets. */
export class AdminApiError extends MaintenanceError {
  override name = 'AdminApiError';

  constructor(
    readonly statusCode: number,
    message: string,
    readonly details: Pick<MaintenanceErrorJson, 'errors' | 'outcome'> = {},
    /** The one that is missing. */
    readonly permission?: MaintenancePermission,
  ) {
    super(message);
  }

  toJSON(): MaintenanceErrorJson {
    return errorJson(this.statusCode, this.message, this.details);
  }
}

/** A body that is not accepted. */
export function badRequest(errors: readonly FieldError[]): AdminApiError {
  return new AdminApiError(400, errors.map(({ message }) => message).join(' '), { errors });
}
