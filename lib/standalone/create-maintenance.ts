import { openMaintenance } from './open-maintenance.js';
import type { StandaloneMaintenance } from './standalone-maintenance.js';
import type { MaintenanceStandaloneOptions } from './standalone-options.js';

/**
 * Creates the service without Nest, for scripts and workers beside an application, with the same Redis and namespace. Such a
 * process has no handlers: drains wait only for what it runs under `whileOpen()`. It has no hooks either: its changes call no
 * `changing` hooks, and `entering` and `exiting` hooks run on one live replica of the application.
 *
 * It resolves even if Redis is unreachable: calls then reject with a `MaintenanceStoreError`.
 *
 * @throws MaintenanceConfigurationError for wrong options, also for a driver that is not installed
 * @example
 * ```ts
 * await using maintenance = await createMaintenance({ redis: process.env.REDIS_URL ?? '' });
 * await maintenance.maintain('billing', () => migrate(), { drain: 30_000 });
 * ```
 * @publicApi
 */
export async function createMaintenance(given: MaintenanceStandaloneOptions): Promise<StandaloneMaintenance> {
  return (await openMaintenance(given)).service;
}
