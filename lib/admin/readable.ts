import { Logger } from '@nestjs/common';
import { MaintenanceStoreError } from '../core/errors/errors.js';
import { AdminApiError } from './admin.errors.js';

const logger = new Logger('Maintenance');

/** Answers read requests when the store is unreachable. */
export async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof MaintenanceStoreError) {
      logger.warn(`The store failed a request of the admin API: ${error.message}`);
      throw new AdminApiError(503, 'The store is unreachable at the moment.');
    }
    throw error;
  }
}
