import { setTimeout as delay } from 'node:timers/promises';
import type { MaintenanceQuiet } from '../../core/cluster/quiet.js';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { MaintenanceReplica } from '../../core/service/replica.js';
import { CliError, EXIT, usage } from '../exit.js';
import type { Settings } from '../settings.js';
import { ApiClient } from './api-client.js';
import { findingsOfKeys, findingsOfReplicas } from './findings.js';
import type { Backend, ChangeResult, Finding, KeyChange, WatchEvent } from './backend.js';

/** Milliseconds between two looks of `watch`, and while waiting until it is quiet. */
const POLL_INTERVAL = 1_000;

/** An answer as JSON knows it. */
type Json<T> = { [Key in keyof T]: T[Key] extends Date | null ? string | null : T[Key] };

/** By the admin API of a running application. */
export class ApiBackend implements Backend {
  readonly way = 'api';
  readonly place: string;
  private readonly client: ApiClient;

  constructor(settings: Settings) {
    this.client = new ApiClient(settings);
    this.place = this.client.place;
  }

  async keys(): Promise<MaintenanceKeyJson[]> {
    const keys = await this.client.ask<Record<string, MaintenanceKeyJson>>('GET', 'keys');
    return Object.values(keys).toSorted((a, b) => a.order - b.order);
  }

  key(name: string): Promise<MaintenanceKeyJson> {
    return this.client.ask('GET', `keys/${encodeURIComponent(name)}`);
  }

  async set(name: string, change: KeyChange): Promise<ChangeResult> {
    const { mode, timeout, until, message, reason, onlyIfOn, acknowledge, callHooks } = change;
    if (acknowledge !== undefined || callHooks === false) {
      throw usage(
        `${acknowledge === undefined ? '--no-hooks' : '--acknowledge'} works with --redis only: the admin API has no such option.`,
      );
    }
    type Answer = MaintenanceKeyJson & { change: Omit<ChangeResult, 'key'> };
    const { change: made, ...key } = await this.client.ask<Answer>(
      'PATCH',
      `keys/${encodeURIComponent(name)}`,
      {
        ...(!onlyIfOn && { mode }),
        timeout,
        until: until?.toISOString(),
        message,
        reason,
      },
    );
    return { ...made, key };
  }

  async unset(name: string): Promise<MaintenanceKeyJson> {
    return this.client.ask('DELETE', `keys/${encodeURIComponent(name)}`);
  }

  async replicas(): Promise<MaintenanceReplica[]> {
    const replicas = await this.client.ask<Json<MaintenanceReplica>[]>('GET', 'replicas');
    return replicas.map((replica) =>
      Object.assign(replica, { lastSeen: new Date(replica.lastSeen as string) }),
    );
  }

  async forget(id: string): Promise<boolean> {
    try {
      await this.client.ask('DELETE', `replicas/${encodeURIComponent(id)}`);
      return true;
    } catch (error) {
      if (error instanceof CliError && error.exit === EXIT.unknownKey) {
        return false;
      }
      throw error;
    }
  }

  async quiet(name: string, timeout: number, signal?: AbortSignal): Promise<MaintenanceQuiet> {
    const until = performance.now() + timeout;
    for (;;) {
      const quiet = await this.client.ask<Json<MaintenanceQuiet>>(
        'GET',
        `keys/${encodeURIComponent(name)}/quiet`,
      );
      const left = until - performance.now();
      if (quiet.quiet || left <= 0) {
        return { ...quiet, since: quiet.since === null ? null : new Date(quiet.since) };
      }
      await delay(Math.min(left, POLL_INTERVAL / 2), undefined, { signal });
    }
  }

  async watch(tell: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    let known = new Map<string, string>();
    let up = true;
    while (!signal.aborted) {
      try {
        const keys = await this.keys();
        if (!up) {
          tell({ type: 'connection', up: (up = true), error: null });
        }
        for (const key of known.size > 0 ? keys : []) {
          if (known.get(key.name) !== JSON.stringify(key)) {
            tell({ type: 'change', key });
          }
        }
        known = new Map(keys.map((key) => [key.name, JSON.stringify(key)]));
      } catch (error) {
        if (up) {
          tell({ type: 'connection', up: (up = false), error: (error as Error).message });
        }
      }
      await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
  }

  async doctor(): Promise<Finding[]> {
    const begun = performance.now();
    const keys = await this.keys();
    const answered = Math.round(performance.now() - begun);
    return [
      { level: 'ok', code: 'REACHED', message: `${this.place} answers (${answered} ms).` },
      ...findingsOfKeys(keys),
      ...findingsOfReplicas(await this.replicas()),
    ];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
