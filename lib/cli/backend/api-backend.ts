import { setTimeout as delay } from 'node:timers/promises';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type {
  MaintenanceWindowCancelOptions,
  MaintenanceWindowChanges,
  MaintenanceWindowOptions,
} from '../../core/windows/window-options.js';
import { CliError, EXIT } from '../exit.js';
import type { Settings } from '../settings.js';
import {
  areKeys,
  areReplicas,
  areRoutes,
  areWindows,
  isChangedKey,
  isForgotten,
  isHistory,
  isKey,
  isLeftWindow,
  isQuiet,
  isWindow,
} from './api-answers.js';
import { ApiClient } from './api-client.js';
import { inspectApi, OUT_OF_TOUCH } from './api-doctor.js';
import { unlessOff } from './not-switched-on.js';
import type {
  AffectedRoutes,
  Backend,
  ChangeResult,
  Finding,
  HistoryWish,
  KeyChange,
  StoreState,
  WatchEvent,
} from './backend.js';
import type { HistoryJson, QuietJson, ReplicaJson, WindowJson } from './json.js';
import { inOrder } from './in-order.js';
import { ToldKeys } from './told-keys.js';

/** Milliseconds between two polls of `watch`, and while waiting until it is quiet. */
const POLL_INTERVAL = 1_000;

/** Through the admin API of a running application. */
export class ApiBackend implements Backend {
  readonly way = 'api';
  readonly place: string;
  private readonly client: ApiClient;

  constructor(settings: Settings) {
    this.client = new ApiClient(settings);
    this.place = this.client.place;
  }

  async keys(): Promise<MaintenanceKeyJson[]> {
    return inOrder(Object.values(await this.client.ask('GET', 'keys', areKeys)));
  }

  key(name: string): Promise<MaintenanceKeyJson> {
    return this.client.ask('GET', pathOf(name), isKey);
  }

  /** An application says what it last knew. */
  unknown(): readonly string[] {
    return [];
  }

  store(): StoreState {
    const { staleSince: since } = this.client;
    return { up: since === null, since, error: since === null ? null : OUT_OF_TOUCH };
  }

  async set(name: string, change: KeyChange): Promise<ChangeResult> {
    const { mode, timeout, until, message, reason, onlyIfOn, reopenOver } = change;
    const asked = this.client.ask('PATCH', pathOf(name), isChangedKey, {
      ...(!onlyIfOn && { mode }),
      timeout,
      until: until?.toISOString(),
      message,
      reason,
      reopenOver,
    });
    const { change: made, ...key } = await (onlyIfOn ? unlessOff(name, asked) : asked);
    return { ...made, key };
  }

  async unset(name: string, { reason }: Pick<KeyChange, 'reason'>): Promise<MaintenanceKeyJson> {
    const body = reason === undefined ? undefined : { reason };
    return this.client.ask('DELETE', pathOf(name), isKey, body);
  }

  replicas(): Promise<ReplicaJson[]> {
    return this.client.ask('GET', 'replicas', areReplicas);
  }

  routes(name: string): Promise<AffectedRoutes> {
    return this.client.ask('GET', `${pathOf(name)}/routes`, areRoutes);
  }

  history({ key, since, limit }: HistoryWish): Promise<HistoryJson[]> {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(key !== undefined && { key }),
      ...(since && { since: since.toISOString() }),
    });
    return this.client.ask('GET', `history?${query}`, isHistory);
  }

  windows(key?: string): Promise<WindowJson[]> {
    const path = key === undefined ? 'windows' : `windows?key=${encodeURIComponent(key)}`;
    return this.client.ask('GET', path, areWindows);
  }

  /** The API knows by itself who the requester is. */
  schedule(key: string, { actor: _, ...options }: MaintenanceWindowOptions): Promise<WindowJson> {
    return this.client.ask('POST', 'windows', isWindow, { key, ...options });
  }

  reschedule(id: string, { actor: _, ...changes }: MaintenanceWindowChanges): Promise<WindowJson> {
    return this.client.ask('PATCH', `windows/${encodeURIComponent(id)}`, isWindow, changes);
  }

  async cancel(
    id: string,
    { actor: _, ...options }: MaintenanceWindowCancelOptions,
  ): Promise<WindowJson | null> {
    const body = Object.values(options).some((value) => value !== undefined) ? options : undefined;
    const left = await this.client.ask('DELETE', `windows/${encodeURIComponent(id)}`, isLeftWindow, body);
    return left.cancelled === true ? null : left;
  }

  async forget(id: string): Promise<boolean> {
    try {
      await this.client.ask('DELETE', `replicas/${encodeURIComponent(id)}`, isForgotten);
      return true;
    } catch (error) {
      if (error instanceof CliError && error.code === 'MAINTENANCE_UNKNOWN_REPLICA') {
        return false;
      }
      throw error;
    }
  }

  async quiet(name: string, timeout: number, signal?: AbortSignal): Promise<QuietJson> {
    const until = performance.now() + timeout;
    for (;;) {
      const quiet = await this.client.ask('GET', `${pathOf(name)}/quiet`, isQuiet);
      const left = until - performance.now();
      if (quiet.quiet || left <= 0) {
        return quiet;
      }
      await delay(Math.min(left, POLL_INTERVAL / 2), undefined, { signal });
    }
  }

  async watch(
    known: readonly MaintenanceKeyJson[],
    tell: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const told = new ToldKeys(known);
    let wrong: string | null = null;
    const connection = (error: string | null): void => {
      if (error !== wrong) {
        wrong = error;
        tell({ type: 'connection', up: error === null, error });
      }
    };
    while (!signal.aborted) {
      try {
        const keys = await this.keys();
        connection(this.store().error);
        keys.filter((key) => told.differs(key)).forEach((key) => tell({ type: 'change', key }));
      } catch (error) {
        connection((error as Error).message);
      }
      await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
  }

  doctor(): Promise<Finding[]> {
    return inspectApi(this);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Where a key is. @throws CliError for what would lead somewhere else, and is the name of no key */
function pathOf(name: string): string {
  if (/^\.{0,2}$/.test(name)) {
    throw new CliError(
      EXIT.unknownKey,
      `Unknown maintenance key ${JSON.stringify(name)}.`,
      'MAINTENANCE_UNKNOWN_KEY',
    );
  }
  return `keys/${encodeURIComponent(name)}`;
}
