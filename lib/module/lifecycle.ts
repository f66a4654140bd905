import type { DiscoveryService } from '@nestjs/core';
import type { KeyPublisher } from '../core/catalogue/key-publisher.js';
import type { AbandonedWatch } from '../core/cluster/abandoned-watch.js';
import type { DelegatedHooks } from '../core/cluster/delegated-hooks.js';
import { leaveWhenIdle } from '../core/cluster/leave-when-idle.js';
import type { OncePerCluster } from '../core/cluster/once-per-cluster.js';
import type { ReplicaCoordinator } from '../core/cluster/replica-coordinator.js';
import type { HookRunner } from '../core/hooks/hook-runner.js';
import type { OpenWork } from '../core/service/open-work.js';
import type { MaintenanceSessions } from '../core/service/sessions.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { OwnRoutes } from '../http/own-routes.js';
import { noteTarget } from '../http/site/site-routes.js';
import type { CallFollowing } from '../in-flight/call-following.js';
import type { InFlight } from '../in-flight/in-flight.js';
import { trackHandlers } from '../in-flight/track-handlers.js';
import type { GraphqlOperations } from '../messages/graphql-operations.js';
import { interceptMessages } from '../messages/message-calls.js';
import type { MaintenanceExplorer } from '../maintenance.explorer.js';
import type { KeyNameCheck } from './key-name-check.js';
import { isOfApplication } from '../decision/own-providers.js';
import type { StartReport } from './start-report.js';

/** What happens when in the life of an application. */
export class MaintenanceLifecycle {
  private ended: Promise<void> | undefined;

  constructor(
    private readonly manager: StateManager,
    private readonly explorer: MaintenanceExplorer,
    private readonly sessions: MaintenanceSessions,
    private readonly openWork: OpenWork,
    private readonly following: CallFollowing,
    private readonly inFlight: InFlight,
    private readonly coordinator: ReplicaCoordinator,
    private readonly abandoned: AbandonedWatch,
    private readonly once: OncePerCluster,
    private readonly publisher: KeyPublisher,
    private readonly discovery: DiscoveryService,
    private readonly routes: OwnRoutes,
    private readonly graphql: GraphqlOperations,
    private readonly names: KeyNameCheck,
    private readonly report: StartReport,
    delegated: DelegatedHooks,
    hooks: HookRunner,
  ) {
    delegated.watch();
    manager.changes.subscribe(({ change, hooks: heard }) =>
      heard ? void hooks.notify('changed', change) : undefined,
    );
  }

  /** Before Nest registers its routes. */
  configure(): void {
    const serves = trackHandlers(
      [...this.discovery.getControllers(), ...this.discovery.getProviders()].filter(isOfApplication),
      noteTarget,
      this.following,
      interceptMessages,
    );
    this.routes.mount();
    this.graphql.mount();
    this.inFlight.serves ||= serves;
  }

  /** All providers exist. */
  async init(): Promise<void> {
    this.routes.settle();
    this.explorer.begin();
    try {
      await this.manager.start();
    } catch (error) {
      // nobody closes what has not started
      await this.leave();
      throw error;
    }
    await this.report.store();
  }

  /** Other modules may have prepared more of their providers meanwhile, or keys in them. Nobody is served yet. */
  bootstrap(): void {
    this.explorer.complete();
    this.names.run();
    this.report.checkIgnoredPaths();
    this.report.warnOfLongNames();
    this.report.warnOfEvents();
    this.publisher.start();
  }

  /** Whatever waits for the end of maintenance is to end now, and so is the work of every `maintain()`. Requests are still served. */
  async beginShutdown(): Promise<void> {
    this.openWork.close();
    this.sessions.stop();
    const { store, session } = this.manager;
    if (!store.clustered && !store.local) {
      // the application closes its own cache next: keys are opened before, and nothing may connect it again
      await this.beforeShutdown();
      await session.rest();
    }
  }

  /** Waits for that work. */
  beforeShutdown(): Promise<void> {
    return (this.ended ??= this.sessions.shutdown());
  }

  async shutdown(): Promise<void> {
    await leaveWhenIdle(
      this.manager,
      () => this.coordinator.isBusy || this.sessions.keepsLocks,
      () => this.leave(),
    );
  }

  private async leave(): Promise<void> {
    this.coordinator.stop();
    this.abandoned.stop();
    await this.once.stop();
    this.publisher.stop();
    await this.manager.stop();
  }
}
