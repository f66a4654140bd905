import type { ApplicationConfig } from '@nestjs/core';
import type { MaintenanceGuard } from './maintenance.guard.js';

/**
 * Puts the guard before all others. Nest keeps one list of global guards, for HTTP, GraphQL, gateways and microservices that
 * inherit the application's settings. Every `APP_GUARD` is appended to it once all providers exist, those of the root module
 * first, and `useGlobalGuards()` appends as well: a guard that is in the list earlier runs before all of them.
 */
export function putFirst(config: ApplicationConfig, guard: MaintenanceGuard): MaintenanceGuard {
  config.getGlobalGuards().unshift(guard);
  return guard;
}
