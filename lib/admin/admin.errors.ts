import { STATUS_CODES } from 'node:http';
import type { MaintenancePermission } from '../options/access-options.js';
import { MaintenanceError } from '../core/errors/errors.js';

/** One thing that is wrong with a request's body. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** The body of every error of the admin API. */
export interface AdminErrorJson {
  statusCode: number;
  error: string;
  message: string;
  /** Only for 400: what is wrong with which field. */
  errors?: readonly FieldError[];
  /** Only for 503: `'unknown'` when the change may have taken effect, `'refused'` when it certainly has not. */
  outcome?: 'unknown' | 'refused';
}

/** A request that the admin API refuses, with the answer it gets. */
export class AdminApiError extends MaintenanceError {
  override name = 'AdminApiError';

  constructor(
    readonly statusCode: number,
    message: string,
    readonly details: Pick<AdminErrorJson, 'errors' | 'outcome'> = {},
    /** The one that is missing. */
    readonly permission?: MaintenancePermission,
  ) {
    super(message);
  }

  toJSON(): AdminErrorJson {
    const { statusCode, message, details } = this;
    return { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message, ...details };
  }
}

/** A body that is not accepted. */
export function badRequest(errors: readonly FieldError[]): AdminApiError {
  return new AdminApiError(400, errors.map(({ message }) => message).join(' '), { errors });
}
