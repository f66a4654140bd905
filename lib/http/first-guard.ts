import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { MaintenanceGuard } from './maintenance.guard.js';

/**
 * Puts the guard before all others. Nest keeps one list of global guards, for HTTP, GraphQL, gateways and microservices that
 * inherit the application's settings. Every `APP_GUARD` is appended to it once all providers are made, those of the root module
 * first, and `useGlobalGuards()` appends as well: whoever is in the list before that is asked before all of them.
 */
@Injectable()
export class FirstGuard {
  constructor(
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(MaintenanceGuard) guard: MaintenanceGuard,
  ) {
    config.getGlobalGuards().unshift(guard);
  }
}
