import type { MaintenanceChange } from '../document/change.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import { HOUR } from '../keys/durations.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** Milliseconds after which a change is history: a replica that learns of it later calls no hooks for it. */
const RECENT = HOUR;

/**
 * Calls `entering` and `exiting` for changes of processes without hooks, such as the command line and scripts: on one live
 * replica of the application.
 */
export class DelegatedHooks {
  constructor(
    private readonly manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly hooks: HookRunner,
  ) {}

  watch(): void {
    this.manager.changes.subscribe(({ change, delegated }) => {
      // the watch of planned windows calls the hooks of their beginning
      const begins = change.to && change.cause === 'window';
      if (delegated && change.from !== change.to && !begins) {
        this.see(change);
      }
    });
  }

  private see(change: MaintenanceChange): void {
    const { key, revision, at, to } = change;
    const event = to ? 'entering' : 'exiting';
    // another service in the namespace may have some: it is left to that
    if (!this.hooks.has(event, key)) {
      return;
    }
    this.once.see({
      name: `hooks:${key}:${revision}.${at.getTime()}`,
      isDue: () => this.manager.store.now() - at.getTime() < RECENT,
      run: () => this.hooks.notify(event, change),
      remembered: 2 * RECENT,
    });
  }
}
