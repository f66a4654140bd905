import type { MaintenanceWay } from '../core/history/maintenance-way.js';
import type { HttpRequest } from '../request/http-request.js';

/** What the command line says that it is, with each request to the admin API. */
export const CLIENT_HEADER = 'x-maintenance-client';

/** By which way a request to the admin API changes something: its page and programs, or the command line. */
export const getRequestWay = ({ headers }: HttpRequest): MaintenanceWay =>
  headers[CLIENT_HEADER] === 'cli' ? 'cli' : 'admin';
