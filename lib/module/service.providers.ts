import type { Provider } from '@nestjs/common';
import { ReplicaCoordinator } from '../core/cluster/replica-coordinator.js';
import { BypassTokens } from '../access/bypass-tokens.js';
import { Decision } from '../decision/decision.js';
import { InFlight } from '../in-flight/in-flight.js';
import { Permissions } from '../access/permissions.js';
import { HookRunner } from '../core/hooks/hook-runner.js';
import { MountedPaths } from '../http/mounted-path.js';
import { Localizer } from '../i18n/localizer.js';
import { WouldRefuse } from '../decision/would-refuse.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { AdminMenu } from '../admin/menu-item.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import { CallRights } from '../core/service/call-rights.js';
import { OpenDecision } from '../core/service/open-decision.js';
import { OpenWork } from '../core/service/open-work.js';
import { CallCoverage } from '../in-flight/call-coverage.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { LockWait } from '../core/service/lock-wait.js';
import { MaintenanceSessions } from '../core/service/sessions.js';
import { StateManager } from '../core/state/state-manager.js';
import { warn } from './log.js';
import { assembled, built, made } from '../decision/provider-factories.js';

/** The service, and what it works with. */
export const serviceProviders: Provider[] = [
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
    OpenDecision,
    [StateManager, InFlight, Decision, CallCoverage, StalePolicy, ReplicaCoordinator],
    (
      manager: StateManager,
      inFlight: InFlight,
      statuses: Decision,
      coverage: CallCoverage,
      stale: StalePolicy,
      drains: ReplicaCoordinator,
    ) => new OpenDecision(manager, inFlight, inFlight.works, statuses, coverage, stale, drains),
  ),
  made(
    OpenWork,
    [StateManager, InFlight, OpenDecision],
    (manager: StateManager, { works }: InFlight, decision: OpenDecision) =>
      new OpenWork(manager, works, decision),
  ),
  made(
    CallRights,
    [StateManager, InFlight],
    (manager: StateManager, inFlight: InFlight) => new CallRights(manager, inFlight, inFlight.revocations),
  ),
  built(AdminMenu, StateManager, Permissions, Localizer, MountedPaths),
  assembled(MaintenanceService, {
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
  }),
];
