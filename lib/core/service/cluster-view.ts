import type { Coordinator } from '../cluster/coordinator.js';
import type { MaintenanceQuiet } from '../cluster/quiet.js';
import { describeValue, MaintenanceConfigurationError, MaintenanceError } from '../errors/errors.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { StateManager } from '../state/state-manager.js';
import { checkOptionNames, millisecondsOption, signalOption } from './call-options.js';
import { toReplica, type MaintenanceReplica } from './replica.js';

/** Options of `service.quiet()`. @publicApi */
export interface MaintenanceQuietOptions {
  /** Milliseconds to wait at most until it is quiet. Default 0: answer at once. */
  timeout?: number;
  /** Ends the wait: the call rejects with its reason. */
  signal?: AbortSignal;
}

const QUIET_OPTIONS: readonly string[] = ['timeout', 'signal'] satisfies (keyof MaintenanceQuietOptions)[];

/** The replicas of the application, for operators. */
export class ClusterView {
  constructor(
    private readonly manager: StateManager,
    private readonly coordinator: Coordinator,
  ) {}

  async replicas(): Promise<MaintenanceReplica[]> {
    const { manager } = this;
    await manager.refresh();
    const seen = await manager.store.replicas(manager.deadline());
    return seen.map((replica) => toReplica(replica, manager.view.version ?? ''));
  }

  async quiet(key: MaintenanceKey, options: MaintenanceQuietOptions): Promise<MaintenanceQuiet> {
    checkOptionNames('quiet', options, QUIET_OPTIONS);
    const timeout = millisecondsOption('timeout', options.timeout) ?? 0;
    const signal = signalOption(options.signal);
    await this.manager.refresh();
    return this.coordinator.quiet(key.name, timeout, signal);
  }

  async forget(id: string): Promise<boolean> {
    const { manager } = this;
    if (typeof id !== 'string' || id === '') {
      throw MaintenanceConfigurationError.of('id', id, 'the id of a replica');
    }
    await manager.refresh();
    const outcome = await manager.store.forget(id, manager.deadline());
    if (outcome === 'alive') {
      throw new MaintenanceError(
        `Replica ${describeValue(id)} is not silent; drains wait for it until it leaves or falls silent.`,
      );
    }
    return outcome === 'gone';
  }
}
