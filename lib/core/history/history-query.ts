import { MaintenanceConfigurationError } from '../errors/errors.js';
import type { MaintenanceHistoryFilter } from './maintenance-history-entry.js';
import { MOST_KEPT } from './history-settings.js';

const LIMIT = 100;

/** A checked query. */
export interface HistoryQuery {
  /** Name of the key; `undefined`: all. */
  readonly key: string | undefined;
  /** Epoch ms. */
  readonly since: number;
  readonly limit: number;
}

/** @throws MaintenanceConfigurationError */
export function parseHistoryLimits({
  since,
  limit = LIMIT,
}: Omit<MaintenanceHistoryFilter, 'key'>): Omit<HistoryQuery, 'key'> {
  if (since !== undefined && (!(since instanceof Date) || Number.isNaN(since.getTime()))) {
    throw MaintenanceConfigurationError.of('since', since, 'a Date');
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_KEPT) {
    throw MaintenanceConfigurationError.of('limit', limit, `a whole number from 1 to ${MOST_KEPT}`);
  }
  return { since: since?.getTime() ?? -Infinity, limit };
}
