import type { MaintenanceWay } from '../core/history/maintenance-way.js';
import type { HttpRequest } from '../request/http-request.js';

/** The header by which the command line identifies itself to the admin API. */
export const CLIENT_HEADER = 'x-maintenance-client';

/** How a request to the admin API makes its change: by page or program, or by the command line. */
export const getRequestWay = ({ headers }: HttpRequest): MaintenanceWay =>
  headers[CLIENT_HEADER] === 'cli' ? 'cli' : 'admin';
