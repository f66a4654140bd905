import { Logger, type FactoryProvider, type Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApplicationCalls } from './core/common/application-calls.js';
import { KeyPublisher } from './core/catalogue/key-publisher.js';
import { AbandonedWatch } from './core/cluster/abandoned-watch.js';
import { DelegatedHooks } from './core/cluster/delegated-hooks.js';
import { HistoryWatch } from './core/cluster/history-watch.js';
import { HistoryWriter } from './core/history/history-writer.js';
import { OverrunWatch } from './core/cluster/overrun-watch.js';
import { OncePerCluster } from './core/cluster/once-per-cluster.js';
import { WindowWatch } from './core/cluster/window-watch.js';
import { ReplicaCoordinator } from './core/cluster/replica-coordinator.js';
import { BypassTokens } from './access/bypass-tokens.js';
import { Decision } from './decision/decision.js';
import { watchHttp2Responses } from './in-flight/http2-responses.js';
import { InFlight } from './in-flight/in-flight.js';
import { Permissions } from './access/permissions.js';
import { PageOrigins } from './access/page-origins.js';
import { SocketTickets } from './access/socket-tickets.js';
import { HookRunner } from './core/hooks/hook-runner.js';
import { MountedPaths } from './http/mounted-path.js';
import { httpProviders } from './http/http.providers.js';
import { Languages } from './i18n/languages.js';
import { Localizer } from './i18n/localizer.js';
import { Visitors } from './decision/visitors.js';
import { WouldRefuse } from './decision/would-refuse.js';
import { createGeneralKey } from './core/keys/general-maintenance.js';
import { KeyRegistry } from './core/keys/key-registry.js';
import { MaintenanceExplorer } from './maintenance.explorer.js';
import { AdminMenu } from './admin/menu-item.js';
import { MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import type { ResolvedOptions } from './options/options.js';
import type { ResolvedStructure } from './options/structural-options.js';
import { MaintenanceService } from './core/service/maintenance.service.js';
import { CallRights } from './core/service/call-rights.js';
import { OpenDecision } from './core/service/open-decision.js';
import { OpenWork } from './core/service/open-work.js';
import { CallFollowing } from './in-flight/call-following.js';
import { CallCoverage } from './in-flight/call-coverage.js';
import { StalePolicy } from './decision/stale-policy.js';
import { LockWait } from './core/service/lock-wait.js';
import { MaintenanceSessions } from './core/service/sessions.js';
import { KeyNameCheck } from './module/key-name-check.js';
import { StartReport } from './module/start-report.js';
import { GraphqlOperations } from './messages/graphql-operations.js';
import { MaintenanceLifecycle } from './module/lifecycle.js';
import { createStore } from './core/store/create-store.js';
import { ownProviders } from './decision/own-providers.js';
import { OPTIONS, STRUCTURE } from './options/tokens.js';
import { resolveOptions } from './options/resolve-options.js';
import { newReplica } from './core/state/replica-lease.js';
import { StateManager } from './core/state/state-manager.js';

const logger = new Logger('Maintenance');
const warn = (message: string): void => logger.warn(message);
const error = (message: string): void => logger.error(message);

type Token = FactoryProvider['provide'];

/** A provider made by a factory that takes what the tokens stand for. */
function made(provide: Token, inject: Token[], useFactory: (...args: never[]) => unknown): Provider {
  return { provide, inject, useFactory };
}

/** A provider made of the class itself, from what it takes. */
function built<Taken extends unknown[]>(
  type: new (...taken: Taken) => object,
  ...inject: { [Index in keyof Taken]: abstract new (...args: never[]) => Taken[Index] }
): Provider {
  return { provide: type, inject, useFactory: (...taken: Taken) => new type(...taken) };
}

/** All that applications and the mounted parts share; pure factories, so that tests can make them without Nest. */
export const coreProviders: Provider[] = ownProviders([
  made(OPTIONS, [MODULE_OPTIONS_TOKEN], (given: unknown) => resolveOptions(given)),
  made(KeyRegistry, [OPTIONS], (options: ResolvedOptions) => {
    const registry = new KeyRegistry(createGeneralKey(options.general));
    options.keys.forEach((key, index) => registry.add(key, `the option "keys" (index ${index})`));
    return registry;
  }),
  made(StateManager, [OPTIONS, KeyRegistry], async (options: ResolvedOptions, registry: KeyRegistry) => {
    const store = await createStore({ ...options, identified: options.bypass.secrets.length > 0 });
    const log = { log: (message: string) => logger.log(message), warn };
    const history = new HistoryWriter(options.history, warn);
    return new StateManager(
      store,
      registry,
      newReplica(options),
      options.commandTimeout,
      log,
      false,
      history,
    );
  }),
  made(HookRunner, [], () => new HookRunner(error)),
  MaintenanceExplorer,
  KeyNameCheck,
  StartReport,
  GraphqlOperations,
  MaintenanceLifecycle,
  made(
    ApplicationCalls,
    [OPTIONS],
    ({ callTimeout }: ResolvedOptions) => new ApplicationCalls(callTimeout, error),
  ),
  built(Decision, ApplicationCalls, Visitors),
  made(InFlight, [HttpAdapterHost], (host: HttpAdapterHost) => {
    watchHttp2Responses(host);
    return new InFlight();
  }),
  CallFollowing,
  made(
    BypassTokens,
    [OPTIONS, StateManager],
    ({ bypass, namespace }: ResolvedOptions, { store }: StateManager) =>
      new BypassTokens(bypass.secrets, namespace, () => store.id),
  ),
  made(
    Permissions,
    [OPTIONS, ApplicationCalls],
    ({ permissions }: ResolvedOptions, calls: ApplicationCalls) => new Permissions(permissions, calls, warn),
  ),
  made(
    Localizer,
    [OPTIONS, ApplicationCalls],
    ({ translate, languages }: ResolvedOptions, calls: ApplicationCalls) =>
      new Localizer(translate, new Languages(languages), calls),
  ),
  made(PageOrigins, [STRUCTURE], (structure: ResolvedStructure) => new PageOrigins(structure)),
  made(
    SocketTickets,
    [STRUCTURE, StateManager],
    (structure: ResolvedStructure, manager: StateManager) => new SocketTickets(structure, manager),
  ),
  made(
    ReplicaCoordinator,
    [OPTIONS, StateManager, InFlight, WouldRefuse],
    ({ foreignKeys }: ResolvedOptions, manager: StateManager, inFlight: InFlight, wouldRefuse: WouldRefuse) =>
      new ReplicaCoordinator(manager, inFlight, wouldRefuse, foreignKeys),
  ),
  made(KeyPublisher, [StateManager], (manager: StateManager) => new KeyPublisher(manager, warn)),
  built(OncePerCluster, StateManager),
  made(
    AbandonedWatch,
    [StateManager, OncePerCluster, HookRunner],
    (manager: StateManager, once: OncePerCluster, hooks: HookRunner) =>
      new AbandonedWatch(manager, once, hooks, error),
  ),
  made(
    HistoryWatch,
    [StateManager, OncePerCluster],
    (manager: StateManager, once: OncePerCluster) => new HistoryWatch(manager, once, manager.history),
  ),
  built(DelegatedHooks, StateManager, OncePerCluster, HookRunner),
  built(OverrunWatch, StateManager, OncePerCluster, HookRunner),
  built(WindowWatch, StateManager, OncePerCluster, HookRunner),
  built(LockWait, StateManager),
  made(
    MaintenanceSessions,
    [StateManager, HookRunner, ReplicaCoordinator, LockWait, InFlight],
    (
      manager: StateManager,
      hooks: HookRunner,
      coordinator: ReplicaCoordinator,
      locks: LockWait,
      { revocations }: InFlight,
    ) => new MaintenanceSessions(manager, hooks, coordinator, locks, revocations, warn),
  ),
  built(CallCoverage, InFlight, WouldRefuse),
  made(
    OpenWork,
    [StateManager, InFlight, Decision, CallCoverage, StalePolicy],
    (
      manager: StateManager,
      inFlight: InFlight,
      statuses: Decision,
      coverage: CallCoverage,
      stale: StalePolicy,
    ) => {
      const { works } = inFlight;
      const decision = new OpenDecision(manager, inFlight, works, statuses, coverage, stale);
      return new OpenWork(manager, works, decision);
    },
  ),
  made(
    CallRights,
    [StateManager, InFlight],
    (manager: StateManager, inFlight: InFlight) => new CallRights(manager, inFlight, inFlight.revocations),
  ),
  built(AdminMenu, StateManager, Permissions, Localizer, MountedPaths),
  made(
    MaintenanceService,
    [
      StateManager,
      KeyRegistry,
      HookRunner,
      MaintenanceSessions,
      LockWait,
      OpenWork,
      CallRights,
      ReplicaCoordinator,
      Decision,
      BypassTokens,
      AdminMenu,
    ],
    (
      manager: StateManager,
      registry: KeyRegistry,
      hooks: HookRunner,
      sessions: MaintenanceSessions,
      locks: LockWait,
      openWork: OpenWork,
      rights: CallRights,
      coordinator: ReplicaCoordinator,
      statuses: Decision,
      tokens: BypassTokens,
      menu: AdminMenu,
    ) =>
      new MaintenanceService({
        manager,
        registry,
        hooks,
        sessions,
        locks,
        openWork,
        rights,
        coordinator,
        statuses,
        tokens,
        menu,
      }),
  ),
  ...httpProviders(),
]);
