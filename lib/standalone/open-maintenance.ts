import { BypassTokens } from '../access/bypass-tokens.js';
import { addApplication } from '../background/applications.js';
import { Revocations } from '../core/calls/revocations.js';
import { WorkCalls } from '../core/calls/work-calls.js';
import { learnPublishedKeys } from '../core/catalogue/published-keys.js';
import { leaveWhenIdle } from '../core/cluster/leave-when-idle.js';
import { ReplicaCoordinator } from '../core/cluster/replica-coordinator.js';
import { ApplicationCalls } from '../core/common/application-calls.js';
import { MaintenanceStoreError } from '../core/errors/errors.js';
import { MOST_KEPT } from '../core/history/history-settings.js';
import { HistoryWriter } from '../core/history/history-writer.js';
import { HookRunner } from '../core/hooks/hook-runner.js';
import { createGeneralKey } from '../core/keys/general-maintenance.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { CallRights } from '../core/service/call-rights.js';
import { checkOptionNames } from '../core/service/call-options.js';
import { LockWait } from '../core/service/lock-wait.js';
import { OpenDecision } from '../core/service/open-decision.js';
import { OpenWork } from '../core/service/open-work.js';
import { MaintenanceSessions } from '../core/service/sessions.js';
import { newReplica } from '../core/state/replica-lease.js';
import { StateManager } from '../core/state/state-manager.js';
import { createStore } from '../core/store/create-store.js';
import { Decision } from '../decision/decision.js';
import { StalePolicy } from '../decision/stale-policy.js';
import type { ResolvedOptions } from '../options/options.js';
import { resolveOptions } from '../options/resolve-options.js';
import { StandaloneMaintenance } from './standalone-maintenance.js';
import {
  checkParts,
  stderrLogger,
  SHARED_OPTIONS,
  type MaintenanceStandaloneOptions,
} from './standalone-options.js';
import { WorkSources } from './work-sources.js';

/** A service and what it works on. */
export interface OpenMaintenance {
  readonly service: StandaloneMaintenance;
  readonly manager: StateManager;
}

/**
 * Opens the service, and returns its parts as well.
 * @throws MaintenanceConfigurationError
 */
export async function openMaintenance(given: MaintenanceStandaloneOptions): Promise<OpenMaintenance> {
  checkOptionNames('createMaintenance', given, [...SHARED_OPTIONS, 'logger']);
  const { logger = stderrLogger, ...shared } = given;
  checkParts(given);
  // required: nobody runs on memory by mistake
  const options = resolveOptions({ ...shared, redis: shared.redis });
  const registry = new KeyRegistry(createGeneralKey(options.general));
  options.keys.forEach((key, index) => registry.add(key, `the option "keys" (index ${index})`));
  // an application may keep more than the default
  const history = given.history ? options.history : { keep: MOST_KEPT };
  const store = await createStore({
    ...options,
    history,
    identified: options.bypass.secrets.length > 0,
    direct: true,
  });
  const log = {
    log: (message: string) => logger.log?.(message),
    warn: (message: string) => logger.warn(message),
  };
  const manager = new StateManager(
    store,
    registry,
    newReplica(options),
    options.commandTimeout,
    log,
    true,
    new HistoryWriter(history, log.warn),
  );
  const service = assemble(manager, options, (message) => logger.error(message), log.warn);
  try {
    await manager.start();
    if (given.keys === undefined && store.catalogue) {
      await learn(manager, log.warn);
    }
  } catch (error) {
    // nobody gets it to close it
    await service.close();
    throw error;
  }
  return { service, manager };
}

/** Assembles the service from the parts that a Nest application has as providers. */
function assemble(
  manager: StateManager,
  options: ResolvedOptions,
  error: (message: string) => void,
  warn: (message: string) => void,
): StandaloneMaintenance {
  const { registry } = manager;
  const revocations = new Revocations();
  const works = new WorkCalls(revocations);
  const sources = new WorkSources(registry);
  const hooks = new HookRunner(error);
  const statuses = new Decision(new ApplicationCalls(options.callTimeout, error));
  const coordinator = new ReplicaCoordinator(manager, works, sources, true);
  const locks = new LockWait(manager);
  const sessions = new MaintenanceSessions(manager, hooks, coordinator, locks, revocations, warn);
  const stale = new StalePolicy(manager, options);
  const decision = new OpenDecision(manager, works, works, statuses, sources, stale, coordinator);
  const openWork = new OpenWork(manager, works, decision);
  // nobody can tell which objects belong to it: skipped methods ask it unless they belong to a Nest application
  addApplication({ openWork, owns: () => false, identify: (instance) => instance, error }, manager.updates);
  const end = async (): Promise<void> => {
    openWork.close();
    await sessions.shutdown();
    const leave = async (): Promise<void> => {
      coordinator.stop();
      await manager.stop();
    };
    await leaveWhenIdle(manager, () => coordinator.isBusy || sessions.keepsLocks, leave);
  };
  const parts = {
    manager,
    registry,
    hooks,
    sessions,
    locks,
    openWork,
    rights: new CallRights(manager, works, revocations),
    coordinator,
    statuses,
    tokens: new BypassTokens(options.bypass.secrets, options.namespace, manager.store),
    menu: { getItem: () => Promise.resolve(null) },
  };
  return new StandaloneMaintenance(parts, end);
}

/** Without published keys there is the general key at least, and the keys that the state names. */
async function learn(manager: StateManager, warn: (message: string) => void): Promise<void> {
  try {
    await learnPublishedKeys(manager);
  } catch (error) {
    if (!(error instanceof MaintenanceStoreError)) {
      throw error;
    }
    warn(`The keys that applications have published could not be read: ${error.message}`);
  }
}
