import type { MaintenanceHistoryEntry } from '../core/history/maintenance-history-entry.js';
import { MOST_KEPT } from '../core/history/history-settings.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { HttpRequest } from '../request/http-request.js';
import type { AdminAccess } from './admin-access.js';
import { badRequest } from './admin.errors.js';
import { readable } from './readable.js';
import type { ApiResponse } from './api-response.js';

/** Serves the history of keys. */
export class HistoryService {
  constructor(
    private readonly service: MaintenanceService,
    private readonly access: AdminAccess,
  ) {}

  /** Newest first: `?key=`, `?since=`, `?limit=`. */
  async list(request: HttpRequest, query: Readonly<Record<string, unknown>>): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    const { parseQueryInstant } = await import('./parse-window.js');
    const since = parseQueryInstant('since', query['since']);
    const limit = parseLimit(query['limit']);
    const key = query['key'] === undefined ? undefined : await this.access.find(request, query['key']);
    const filter = { ...(key && { key }), ...(since && { since }), ...(limit && { limit }) };
    const history: readonly MaintenanceHistoryEntry[] = await readable(this.service.getHistory(filter));
    return { status: 200, json: history };
  }
}

function parseLimit(value: unknown): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const limit = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MOST_KEPT) {
    throw badRequest([{ field: 'limit', message: `"limit" must be a whole number from 1 to ${MOST_KEPT}.` }]);
  }
  return limit;
}
