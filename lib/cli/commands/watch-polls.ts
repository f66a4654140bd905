import type { Backend } from '../backend/backend.js';
import type { ReplicaJson, WindowJson } from '../backend/json.js';
import { percentOf } from '../../core/progress/percent.js';
import type { MaintenanceProgress } from '../../core/progress/maintenance-progress.js';

/** A call that is running although a key that refuses it is on. */
export interface Running {
  readonly host: string;
  readonly pid: number;
  readonly route: string;
  readonly since: string;
}

/** What polling finds. */
export type Polled =
  | {
      readonly type: 'replica';
      readonly id: string;
      readonly host: string;
      readonly pid: number;
      readonly state: 'running' | 'silent' | 'gone';
      readonly inFlight: number;
    }
  | { readonly type: 'window'; readonly state: 'planned' | 'changed' | 'gone'; readonly window: WindowJson }
  | { readonly type: 'progress'; readonly key: string; readonly progress: MaintenanceProgress }
  | {
      readonly type: 'running';
      readonly key: string;
      readonly quiet: boolean;
      readonly running: readonly Running[];
    };

/** Reports changes between two polls; what cannot be polled counts as unchanged. */
export class Polls {
  private readonly replicas = new Changes<ReplicaJson>(({ silent }) => String(silent));
  private readonly windows = new Changes<WindowJson>(({ revision, start }) => `${revision} ${start}`);
  private readonly running = new Map<string, string>();
  private readonly progress = new Map<string, string>();

  /** @param concerns is a key among those that are watched */
  constructor(
    private readonly backend: Backend,
    private readonly concerns: (key: string) => boolean,
    private readonly tell: (event: Polled) => void,
  ) {}

  async look(): Promise<void> {
    await Promise.all([this.lookAtReplicas(), this.lookAtWindows(), this.lookAtKeys()]);
  }

  private async lookAtReplicas(): Promise<void> {
    const all = await this.backend.replicas().catch(() => undefined);
    const state = ({ silent }: ReplicaJson) => (silent ? 'silent' : 'running');
    const serving = all?.filter(({ observer }) => !observer);
    this.replicas.compare(serving, (replica, gone) => {
      const { id, host, pid, inFlight } = replica;
      this.tell({ type: 'replica', id, host, pid, state: gone ? 'gone' : state(replica), inFlight });
    });
  }

  private async lookAtWindows(): Promise<void> {
    const all = await this.backend.windows().catch(() => undefined);
    const watched = all?.filter(({ key }) => this.concerns(key));
    this.windows.compare(watched, (window, gone, known) =>
      this.tell({ type: 'window', state: gone ? 'gone' : known ? 'changed' : 'planned', window }),
    );
  }

  private tellProgress(key: string, progress: MaintenanceProgress | undefined): void {
    const seen = progress && `${percentOf(progress.value)} ${progress.step} ${progress.overrun}`;
    if (progress && seen !== this.progress.get(key)) {
      this.tell({ type: 'progress', key, progress });
    }
    this.progress.set(key, seen ?? '');
  }

  /** How far work is, and what still runs of what is refused. */
  private async lookAtKeys(): Promise<void> {
    const keys = await this.backend.keys().catch(() => undefined);
    for (const { name, value, progress } of keys?.filter((key) => this.concerns(key.name)) ?? []) {
      this.tellProgress(name, progress);
      const found = value ? await this.backend.quiet(name, 0).catch(() => undefined) : undefined;
      if (!found) {
        this.running.delete(name);
        continue;
      }
      const running = found.replicas.flatMap(({ host, pid, running: calls }) =>
        calls.map(({ route, since }) => ({ host, pid, route, since })),
      );
      const seen = `${found.quiet} ${running.map(({ host, pid, route }) => `${host}:${pid} ${route}`).join()}`;
      if (this.running.get(name) !== seen) {
        this.running.set(name, seen);
        this.tell({ type: 'running', key: name, quiet: found.quiet, running });
      }
    }
  }
}

/** What was there at the last look. */
class Changes<Item extends { readonly id: string }> {
  private known = new Map<string, Item>();

  /** @param mark two looks at an item are different when this is */
  constructor(private readonly mark: (item: Item) => string) {}

  /** @param now nothing is known without it */
  compare(now: readonly Item[] | undefined, tell: (item: Item, gone: boolean, known: boolean) => void): void {
    if (!now) {
      return;
    }
    const before = this.known;
    this.known = new Map(now.map((item) => [item.id, item]));
    for (const item of now) {
      const earlier = before.get(item.id);
      if (!earlier || this.mark(earlier) !== this.mark(item)) {
        tell(item, false, earlier !== undefined);
      }
    }
    for (const [id, item] of before) {
      if (!this.known.has(id)) {
        tell(item, true, true);
      }
    }
  }
}
