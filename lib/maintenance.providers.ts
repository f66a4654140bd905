import { Logger, type FactoryProvider, type Provider } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { ReplicaAgreement } from './cluster/replica-agreement.js';
import { BypassTokens } from './decision/bypass-tokens.js';
import { Decision } from './decision/decision.js';
import { InFlight } from './decision/in-flight.js';
import { Permissions } from './decision/permissions.js';
import { HookRunner } from './hooks/hook-runner.js';
import { httpProviders } from './http/http.providers.js';
import { Localizer } from './http/localizer.js';
import { WouldRefuse } from './http/would-refuse.js';
import { KeyRegistry } from './keys/key-registry.js';
import { MaintenanceExplorer } from './maintenance.explorer.js';
import { menuItem } from './maintenance.menu.js';
import { MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import type { ResolvedOptions, ResolvedStructure } from './maintenance.options.js';
import { MaintenanceService } from './maintenance.service.js';
import { MaintenanceSessions } from './maintenance.sessions.js';
import { storeFor } from './maintenance.store.js';
import { OPTIONS, STRUCTURE } from './maintenance.tokens.js';
import { resolveOptions } from './maintenance.validation.js';
import { newReplica } from './state/lease.js';
import { StateKeeper } from './state/state-keeper.js';

const logger = new Logger('Maintenance');
const warn = (message: string): void => logger.warn(message);
const error = (message: string): void => logger.error(message);

type Token = FactoryProvider['provide'];

/** A provider made by a factory that takes what the tokens stand for. */
function made(provide: Token, inject: Token[], useFactory: (...args: never[]) => unknown): Provider {
  return { provide, inject, useFactory };
}

/** All that applications and the mounted parts share; pure factories, so that tests can make them without Nest. */
export const coreProviders: Provider[] = [
  made(OPTIONS, [MODULE_OPTIONS_TOKEN], (given: unknown) => resolveOptions(given)),
  made(KeyRegistry, [OPTIONS], (options: ResolvedOptions) => {
    const registry = new KeyRegistry();
    options.keys.forEach((key, index) => registry.add(key, `the option "keys" (index ${index})`));
    return registry;
  }),
  made(
    StateKeeper,
    [OPTIONS, KeyRegistry],
    async (options: ResolvedOptions, registry: KeyRegistry) =>
      new StateKeeper(await storeFor(options), registry, newReplica(), options.commandTimeout, {
        log: (message) => logger.log(message),
        warn,
      }),
  ),
  made(HookRunner, [], () => new HookRunner(error)),
  MaintenanceExplorer,
  made(Decision, [], () => new Decision(warn)),
  made(InFlight, [], () => new InFlight()),
  made(
    BypassTokens,
    [OPTIONS],
    ({ bypass, namespace }: ResolvedOptions) => new BypassTokens(bypass.secret, namespace),
  ),
  made(Permissions, [OPTIONS], ({ permissions }: ResolvedOptions) => new Permissions(permissions, warn)),
  made(Localizer, [OPTIONS], ({ translate }: ResolvedOptions) => new Localizer(translate, warn)),
  made(
    ReplicaAgreement,
    [StateKeeper, InFlight, WouldRefuse],
    (keeper: StateKeeper, inFlight: InFlight, wouldRefuse: WouldRefuse) =>
      new ReplicaAgreement(keeper, inFlight, (key, context, orphan) => wouldRefuse.ask(key, context, orphan)),
  ),
  made(
    MaintenanceSessions,
    [StateKeeper, HookRunner, ReplicaAgreement],
    (keeper: StateKeeper, hooks: HookRunner, agreement: ReplicaAgreement) =>
      new MaintenanceSessions(keeper, hooks, agreement, warn),
  ),
  made(
    MaintenanceService,
    [
      StateKeeper,
      KeyRegistry,
      HookRunner,
      MaintenanceSessions,
      ReplicaAgreement,
      Decision,
      BypassTokens,
      Permissions,
      Localizer,
      STRUCTURE,
      ApplicationConfig,
    ],
    (
      keeper: StateKeeper,
      registry: KeyRegistry,
      hooks: HookRunner,
      sessions: MaintenanceSessions,
      agreement: ReplicaAgreement,
      decision: Decision,
      tokens: BypassTokens,
      permissions: Permissions,
      localizer: Localizer,
      structure: ResolvedStructure,
      config: ApplicationConfig,
    ) =>
      new MaintenanceService({
        keeper,
        registry,
        hooks,
        sessions,
        agreement,
        decision,
        tokens,
        menu: (subject) =>
          menuItem(subject, { keeper, permissions, localizer, structure, prefix: config.getGlobalPrefix() }),
      }),
  ),
  ...httpProviders({ warn, error }),
];
