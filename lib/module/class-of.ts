import type { DiscoveryService } from '@nestjs/core';

/** A provider as Nest keeps it. */
export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** The class a provider's instance is of, also where a factory or a value gives it. */
export function classOf({ metatype, inject, instance, isNotMetatype }: Wrapper): Function | undefined {
  if (typeof metatype === 'function' && !inject && !isNotMetatype) {
    return metatype;
  }
  return typeof instance === 'object' && instance !== null ? (instance as object).constructor : undefined;
}
