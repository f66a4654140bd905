// Many replicas with Redis in one process, each with connections and a view of the state of its own: `node scale-crowd.js URL COUNT`.
import type { RunningCalls } from '../../../lib/core/cluster/running-calls.js';
import { ReplicaCoordinator } from '../../../lib/core/cluster/replica-coordinator.js';
import { createGeneralKey } from '../../../lib/core/keys/general-maintenance.js';
import { KeyRegistry } from '../../../lib/core/keys/key-registry.js';
import { newReplica } from '../../../lib/core/state/replica-lease.js';
import { StateManager } from '../../../lib/core/state/state-manager.js';
import { createStore } from '../../../lib/core/store/create-store.js';
import { answer } from '../../support/answer.js';

const [redis = '', count = '0'] = process.argv.slice(2);

/** Handlers that are idle: such a replica is no observer. */
const idle: RunningCalls = {
  serves: true,
  size: 0,
  running: () => [],
  remaining: () => [],
  revoke: () => undefined,
  revokeAll: () => undefined,
};
const commandTimeout = 10_000;
const log = { log: () => undefined, warn: (message: string) => process.stderr.write(`${message}\n`) };

async function join(): Promise<{ manager: StateManager; coordinator: ReplicaCoordinator }> {
  const options = { redis, namespace: 'maintenance', commandTimeout, lease: 3_000, identified: false };
  const store = await createStore({ ...options, direct: true });
  const registry = new KeyRegistry(createGeneralKey({}));
  const manager = new StateManager(store, registry, newReplica(), commandTimeout, log);
  const coordinator = new ReplicaCoordinator(manager, idle, { ask: () => true }, true);
  await manager.start();
  return { manager, coordinator };
}

const replicas: Awaited<ReturnType<typeof join>>[] = [];
while (replicas.length < Number(count)) replicas.push(await join());

answer({
  /** How many records each knows, the least and the most. */
  known: () => {
    const sizes = replicas.map(({ manager }) => manager.document?.keys.size ?? 0);
    return [Math.min(...sizes), Math.max(...sizes)];
  },
});
