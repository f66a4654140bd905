import { amend } from './amend.js';
import { openRedis } from './open-backend-redis.js';
import { inOrder } from './in-order.js';
import { inspectRedis } from './redis-doctor.js';
import type {
  Backend,
  ChangeResult,
  Finding,
  HistoryWish,
  KeyChange,
  StoreState,
  WatchEvent,
} from './backend.js';
import { toJson, type HistoryJson, type QuietJson, type ReplicaJson, type WindowJson } from './json.js';
import { watchRedis } from './watch-redis.js';
import type { Settings } from '../settings.js';
import { MaintenanceStoreError } from '../../core/errors/errors.js';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { StateManager } from '../../core/state/state-manager.js';
import type {
  MaintenanceWindowCancelOptions,
  MaintenanceWindowChanges,
  MaintenanceWindowOptions,
} from '../../core/windows/window-options.js';
import type { StandaloneMaintenance } from '../../standalone/standalone-maintenance.js';

/** Through Redis: the application may be down. */
export class RedisBackend implements Backend {
  readonly way = 'redis';
  /** Whether the state has just been read, as it is when opened. */
  private isFresh = true;

  private constructor(
    readonly service: StandaloneMaintenance,
    readonly manager: StateManager,
    readonly place: string,
    /** The library's messages about the connection. */
    private readonly warnings: readonly string[],
    private readonly settings: Settings,
  ) {}

  /** @throws CliError where Redis cannot be reached, or refuses */
  static async open(settings: Settings, warn: (message: string) => void): Promise<RedisBackend> {
    const { service, manager, place, warnings } = await openRedis(settings, warn);
    return new RedisBackend(service, manager, place, warnings, settings);
  }

  async keys(): Promise<MaintenanceKeyJson[]> {
    await this.look();
    return inOrder(this.names((problem) => problem === null).map((name) => this.describe(name)));
  }

  async key(name: string): Promise<MaintenanceKeyJson> {
    await this.look();
    const key = this.describe(name);
    const problem = this.problemOf(name);
    if (problem !== null) {
      throw new MaintenanceStoreError(problem, 'refused');
    }
    return key;
  }

  unknown(): string[] {
    return this.names((problem) => problem !== null);
  }

  store(): StoreState {
    const { up, stale, error } = this.manager.health();
    return { up, since: stale?.toISOString() ?? null, error };
  }

  async set(name: string, { mode, onlyIfOn, ...options }: KeyChange): Promise<ChangeResult> {
    const change = onlyIfOn
      ? await amend(this.manager, this.service, name, options)
      : await this.service.setMaintenance(mode, name, options);
    const { from, to, revision, at, acknowledged, missing } = change;
    return {
      from,
      to,
      revision,
      at: at.toISOString(),
      key: this.describe(name),
      ...(acknowledged && { acknowledged: acknowledged.filter((id) => this.isOther({ id })), missing }),
    };
  }

  async unset(name: string, words: Pick<KeyChange, 'reason' | 'actor'>): Promise<MaintenanceKeyJson> {
    await this.service.unsetMaintenance(name, words);
    return this.describe(name);
  }

  routes(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async history(wish: HistoryWish): Promise<HistoryJson[]> {
    return toJson(await this.service.getHistory(wish));
  }

  async windows(key?: string): Promise<WindowJson[]> {
    await this.manager.refresh();
    return toJson(this.service.getWindows(key === undefined ? {} : { key }));
  }

  async schedule(key: string, options: MaintenanceWindowOptions): Promise<WindowJson> {
    return toJson(await this.service.scheduleWindow(key, options));
  }

  async reschedule(id: string, changes: MaintenanceWindowChanges): Promise<WindowJson> {
    return toJson(await this.service.updateWindow(id, changes));
  }

  async cancel(id: string, options: MaintenanceWindowCancelOptions): Promise<WindowJson | null> {
    await this.service.cancelWindow(id, options);
    return toJson(this.service.getWindows()).find((window) => window.id === id) ?? null;
  }

  async replicas(): Promise<ReplicaJson[]> {
    return toJson(this.others(await this.service.replicas()));
  }

  async forget(id: string): Promise<boolean> {
    return this.service.forgetReplica(id);
  }

  async quiet(name: string, timeout: number, signal?: AbortSignal): Promise<QuietJson> {
    const quiet = await this.service.quiet(name, { timeout, signal });
    return toJson({ ...quiet, replicas: this.others(quiet.replicas) });
  }

  async watch(
    known: readonly MaintenanceKeyJson[],
    tell: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const describe = (name: string): MaintenanceKeyJson | undefined =>
      this.problemOf(name) === null ? this.describe(name) : undefined;
    await watchRedis(this, describe, known, tell, signal);
  }

  async doctor(): Promise<Finding[]> {
    return inspectRedis(this.manager, this.settings, this.warnings, await this.windows());
  }

  close(): Promise<void> {
    return this.service.close();
  }

  /** Reads what is stored, and the progress of holders. */
  private async look(): Promise<void> {
    if (!this.isFresh) {
      await this.manager.refresh();
    }
    this.isFresh = false;
    await this.manager.progress.look();
  }

  /** All but this process. */
  private others<Replica extends { readonly id: string }>(replicas: readonly Replica[]): Replica[] {
    return replicas.filter((replica) => this.isOther(replica));
  }

  /** This process is not a replica of the application. */
  private isOther({ id }: { readonly id: string }): boolean {
    return id !== this.manager.replica.id;
  }

  /** Why it is unknown whether that key is in maintenance; `null` if it is known. */
  private problemOf(name: string): string | null {
    return this.manager.view.unreadable.of(name);
  }

  private names(judge: (problem: string | null) => boolean): string[] {
    const names = this.service.getKeys().map(({ name }) => name);
    return names.filter((name) => judge(this.problemOf(name)));
  }

  private describe(name: string): MaintenanceKeyJson {
    const key = this.manager.registry.get(name);
    return key.toJSON(this.manager.current(key));
  }
}
