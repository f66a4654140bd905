import { heldBy } from '../calls/call.js';
import { currentCall } from '../calls/current-call.js';
import type { WorkCalls } from '../calls/work-calls.js';
import type { WorkScope } from '../calls/work-scope.js';
import type { RunningCalls } from '../cluster/running-calls.js';
import { MaintenanceActiveError } from '../errors/active-error.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import { HEARTBEAT } from '../state/replica-lease.js';
import type { ActiveKey } from '../state/snapshot.js';
import type { StateManager } from '../state/state-manager.js';
import type { CoverageSource, DrainSource, StaleSource, StatusSource } from './service-ports.js';

/** Why work does not begin. */
export interface Closed {
  /** `undefined` if nothing certain is known. */
  readonly status: MaintenanceStatus | undefined;
  readonly active: readonly ActiveKey[];
}

/** Decides whether work that is not a request may begin. */
export class OpenDecision {
  /** On the monotonic clock: others are not notified again before. */
  private retry = -Infinity;

  constructor(
    private readonly manager: StateManager,
    private readonly calls: RunningCalls,
    private readonly works: WorkCalls,
    private readonly statuses: StatusSource,
    private readonly coverage: CoverageSource,
    private readonly stale: StaleSource,
    private readonly drains: DrainSource,
  ) {}

  /** Whether what this process knows is certain, and others know that something may begin here. */
  get isCertain(): boolean {
    return !this.isHidden && !this.manager.lease.lapsed();
  }

  /** Others may treat this process as one in which nothing begins. */
  private get isHidden(): boolean {
    const { report, store } = this.manager;
    return store.clustered && (report.passesForObserver || !this.calls.serves);
  }

  /** If it is not certain what is on, the store is asked first. */
  async catchUp(): Promise<void> {
    if (this.isHidden && performance.now() >= this.retry) {
      // drains wait for such a process to apply a change, even before its first work
      this.works.serves = true;
      await this.manager.start();
      await this.manager.sync().catch(() => undefined);
      if (this.isHidden) {
        this.retry = performance.now() + HEARTBEAT;
      }
    }
    if (this.manager.lease.lapsed()) {
      await this.stale.catchUp();
    }
  }

  /** What keeps work from beginning now, if anything. */
  find(scope: WorkScope): Closed | undefined {
    const { active } = this.manager.snapshot;
    if (active.length > 0) {
      const concerned = active.filter(({ key }) => scope.isConcernedBy(key));
      const status = this.statuses.first(concerned, undefined);
      if (status) {
        return { status, active: concerned };
      }
    }
    return this.isHidden || this.stale.blocks ? { status: undefined, active: [] } : undefined;
  }

  /** Whether the holder of the keys waits for the current call anyway. A promise only if a bypass returns one. */
  isCovered({ status, active }: Closed): boolean | Promise<boolean> {
    const call = currentCall();
    if (!status || !call) {
      return false;
    }
    const own = heldBy(call).map(({ hold }) => hold);
    const answers = active.map(({ key }) =>
      this.coverage.covers(
        call,
        key,
        this.drains.drainingSince(key.name, own),
        this.drains.onSince(key.name),
      ),
    );
    return answers.every((answer) => typeof answer === 'boolean')
      ? answers.every(Boolean)
      : Promise.all(answers).then((settled) => settled.every(Boolean) && call.isOngoing);
  }

  /** Whether no further key keeps work from beginning now: a function of the application took its time. */
  isNoMoreThan({ active }: Closed, scope: WorkScope): boolean {
    const now = this.find(scope);
    const before = new Set(active.map(({ key }) => key));
    return !now || (now.status !== undefined && now.active.every(({ key }) => before.has(key)));
  }

  /** The error for work that did not start. @param waited ms */
  error({ status }: Closed, waited = 0): MaintenanceActiveError {
    const until = status?.state?.until ?? null;
    const now = this.manager.store.now();
    return new MaintenanceActiveError(status?.key?.name ?? null, { until, waited, now });
  }
}
