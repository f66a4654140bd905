import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD, ApplicationConfig, DiscoveryModule } from '@nestjs/core';
import { ownProviders } from '../decision/own-providers.js';
import { made } from '../decision/provider-factories.js';
import { putFirst } from '../http/first-guard.js';
import { MaintenanceGuard } from '../http/maintenance.guard.js';
import { ClosingModule } from './closing.module.js';
import { ensureInstalled } from './ensure-installed.js';
import { mountedProviders } from './mounted.providers.js';
import { loadFeatures, type OptionalFeature } from './optional-features.js';
import {
  STRUCTURAL_DEFAULTS,
  type MaintenanceStructuralOptions,
  type ResolvedStructure,
} from '../options/structural-options.js';
import { coreProviders } from '../maintenance.providers.js';
import { STRUCTURE } from '../options/tokens.js';
import { resolveStructure } from '../options/resolve-options.js';

const MOUNTED = ownProviders(mountedProviders);
const FIRST = ownProviders([
  made(Symbol('nestjs-maintenance:first-guard'), [ApplicationConfig, MaintenanceGuard], putFirst),
]);

/** Holds what the mounted parts share. */
@Module({})
class MaintenanceCoreModule {}

/**
 * The whole module from the definition that provides its options.
 * @param given the structural options, among others
 */
export function createDynamicModule(definition: DynamicModule, given: unknown): DynamicModule {
  const { structure, provider } = structureOf(given);
  const core: DynamicModule = {
    module: MaintenanceCoreModule,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), provider, ...coreProviders],
    exports: [...coreProviders.map(tokenOf), STRUCTURE],
  };
  const realtime = loadRealtime(core);
  // Nest awaits it when it scans the imports, which may be much later
  realtime.catch(() => undefined);
  return {
    module: definition.module,
    global: structure.isGlobal,
    imports: [
      core,
      DiscoveryModule,
      ClosingModule.register(core),
      realtime,
      ...loadFeatures(optionalParts(core, realtime, structure)),
    ],
    providers: [
      ...(structure.guard === 'first' ? FIRST : []),
      ...(structure.guard === 'in-order' ? [{ provide: APP_GUARD, useExisting: MaintenanceGuard }] : []),
      ...MOUNTED,
    ],
    exports: [core],
  };
}

/** Not with this file, which every import of the library loads. */
async function loadRealtime(core: DynamicModule): Promise<DynamicModule> {
  return (await import('../realtime/realtime.module.js')).RealtimeModule.register(core);
}

/** Loaded only when switched on: an application without them need not have their packages. */
function optionalParts(
  core: DynamicModule,
  realtime: Promise<DynamicModule>,
  structure: ResolvedStructure,
): OptionalFeature[] {
  const socket: OptionalFeature = {
    option: 'socket',
    packages: {
      '@nestjs/websockets': () => import('@nestjs/websockets'),
      '@nestjs/platform-socket.io': () => import('@nestjs/platform-socket.io'),
    },
    load: async () =>
      (await import('../realtime/gateway.module.js')).GatewayModule.register(core, await realtime),
  };
  const admin: OptionalFeature = {
    option: 'admin',
    packages: {
      // loaded with the first change by way of the admin API: they would be half of what a start costs
      'class-validator': () => ensureInstalled('class-validator', () => import('class-validator')),
      'class-transformer': () => ensureInstalled('class-transformer', () => import('class-transformer')),
    },
    load: async () => (await import('../admin/admin.module.js')).AdminModule.register(core, structure),
  };
  return [...(structure.socket ? [socket] : []), ...(structure.admin ? [admin] : [])];
}

/** Wrong options stop the start, not the import of the file that names them. */
function structureOf(given: unknown): { structure: ResolvedStructure; provider: Provider } {
  const structural = Object.entries(given ?? {}).filter(([name]) => Object.hasOwn(STRUCTURAL_DEFAULTS, name));
  try {
    const structure = resolveStructure(Object.fromEntries(structural) as MaintenanceStructuralOptions);
    return { structure, provider: { provide: STRUCTURE, useValue: structure } };
  } catch (error) {
    const structure = resolveStructure({ socket: false, admin: false });
    return { structure, provider: failing(STRUCTURE, error) };
  }
}

/** A provider that stops the start. */
export function failing(provide: string | symbol, error: unknown): Provider {
  const useFactory = (): never => {
    throw error;
  };
  return { provide, useFactory };
}

function tokenOf(provider: Provider): Type | string | symbol {
  return typeof provider === 'function' ? provider : (provider.provide as Type | string | symbol);
}
