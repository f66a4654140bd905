import type { Provider } from '@nestjs/common';
import { KeyPublisher } from '../core/catalogue/key-publisher.js';
import { AbandonedWatch } from '../core/cluster/abandoned-watch.js';
import { DelegatedHooks } from '../core/cluster/delegated-hooks.js';
import { HistoryWatch } from '../core/cluster/history-watch.js';
import { OverrunWatch } from '../core/cluster/overrun-watch.js';
import { OncePerCluster } from '../core/cluster/once-per-cluster.js';
import { WindowWatch } from '../core/cluster/window-watch.js';
import { ReplicaCoordinator } from '../core/cluster/replica-coordinator.js';
import { InFlight } from '../in-flight/in-flight.js';
import { HookRunner } from '../core/hooks/hook-runner.js';
import { WouldRefuse } from '../decision/would-refuse.js';
import type { ResolvedOptions } from '../options/options.js';
import { OPTIONS } from '../options/tokens.js';
import { StateManager } from '../core/state/state-manager.js';
import { error, warn } from './log.js';
import { built, made } from '../decision/provider-factories.js';

/** What looks after the cluster: who takes part, what is done once for all, who has died. */
export const clusterProviders: Provider[] = [
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
];
