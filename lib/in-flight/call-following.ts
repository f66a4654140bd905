import { Scope, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { keepFollowing } from '../core/calls/current-call.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import type { ResolvedOptions } from '../options/options.js';

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

/** Whose calls are followed: those of classes that could call `maintain()`, since the service is injected; or all. */
export class CallFollowing implements OnModuleInit, OnApplicationShutdown {
  private rest: (() => void) | undefined;

  constructor(private readonly options: ResolvedOptions) {}

  /** With the option, what a handler leaves running is followed too, however long it takes. */
  onModuleInit(): void {
    if (this.options.followCalls) {
      this.rest = keepFollowing();
    }
  }

  onApplicationShutdown(): void {
    this.rest?.();
    this.rest = undefined;
  }

  follows(wrapper: Wrapper): boolean {
    return this.options.followCalls || reachesService(wrapper, new Set());
  }
}

/** Directly, or through what it injects. */
function reachesService(wrapper: Wrapper, seen: Set<Wrapper>): boolean {
  if (seen.has(wrapper)) {
    return false;
  }
  seen.add(wrapper);
  const parameters = wrapper.getCtorMetadata() ?? [];
  const properties = wrapper.getPropertiesMetadata();
  if (properties === undefined && wrapper.scope === Scope.REQUEST) {
    // Nest 11 determines what is injected into properties only when the first instance is created
    return true;
  }
  return [...parameters, ...(properties ?? []).map((property) => property.wrapper)].some(
    (dependency) =>
      dependency !== undefined &&
      (dependency.token === MaintenanceService || reachesService(dependency, seen)),
  );
}
