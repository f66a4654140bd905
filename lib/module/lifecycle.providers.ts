import type { Provider } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { KeyPublisher } from '../core/catalogue/key-publisher.js';
import { AbandonedWatch } from '../core/cluster/abandoned-watch.js';
import { DelegatedHooks } from '../core/cluster/delegated-hooks.js';
import { OncePerCluster } from '../core/cluster/once-per-cluster.js';
import { ReplicaCoordinator } from '../core/cluster/replica-coordinator.js';
import { HookRunner } from '../core/hooks/hook-runner.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { OpenWork } from '../core/service/open-work.js';
import { MaintenanceSessions } from '../core/service/sessions.js';
import { StateManager } from '../core/state/state-manager.js';
import { Evaluator } from '../decision/evaluator.js';
import { built } from '../decision/provider-factories.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { MaintenanceGuard } from '../http/maintenance.guard.js';
import { OwnRoutes } from '../http/own-routes.js';
import { RefusalResponder } from '../http/refusal/refusal-responder.js';
import { CallFollowing } from '../in-flight/call-following.js';
import { InFlight } from '../in-flight/in-flight.js';
import { MaintenanceExplorer } from '../maintenance.explorer.js';
import { GraphqlOperations } from '../messages/graphql-operations.js';
import { OPTIONS, STRUCTURE } from '../options/tokens.js';
import { KeyNameCheck } from './key-name-check.js';
import { MaintenanceLifecycle } from './lifecycle.js';
import { StartReport } from './start-report.js';

/** What happens when the application starts and ends. */
export const lifecycleProviders: Provider[] = [
  built(MaintenanceExplorer, ModulesContainer, DiscoveryService, KeyRegistry, HookRunner),
  built(KeyNameCheck, DiscoveryService, ModulesContainer, HttpAdapterHost, KeyRegistry, HookRunner),
  built(
    StartReport,
    OPTIONS,
    StateManager,
    KeyRegistry,
    ApplicationConfig,
    ModulesContainer,
    STRUCTURE,
    HttpAdapterHost,
  ),
  built(
    GraphqlOperations,
    ModulesContainer,
    StateManager,
    Evaluator,
    StalePolicy,
    RefusalResponder,
    InFlight,
    STRUCTURE,
    OPTIONS,
    MaintenanceGuard,
    ApplicationConfig,
  ),
  built(
    MaintenanceLifecycle,
    StateManager,
    MaintenanceExplorer,
    MaintenanceSessions,
    OpenWork,
    CallFollowing,
    InFlight,
    ReplicaCoordinator,
    AbandonedWatch,
    OncePerCluster,
    KeyPublisher,
    DiscoveryService,
    OwnRoutes,
    GraphqlOperations,
    KeyNameCheck,
    StartReport,
    DelegatedHooks,
    HookRunner,
  ),
];
