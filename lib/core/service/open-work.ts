import { merge, Subject, type Observable } from 'rxjs';
import { currentCall, excludeFromDrain, follow } from '../calls/current-call.js';
import { WorkCall, type WorkCalls } from '../calls/work-calls.js';
import type { WorkScope } from '../calls/work-scope.js';
import { nextOrTimeout } from '../common/next-or-timeout.js';
import { MaintenanceActiveError } from '../errors/active-error.js';
import { MaintenanceError } from '../errors/errors.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { ActiveKey } from '../state/snapshot.js';
import type { StateManager } from '../state/state-manager.js';
import { CircleWatch } from './circle-watch.js';
import type { CoverageSource, StaleSource, StatusSource } from './service-ports.js';

/** Milliseconds between two looks at keys that are waited for, besides changes: a status class may go by the time. */
const LOOK_INTERVAL = 1_000;

/** What becomes of work whose keys are not open: it rejects, waits for them, or is left out. @publicApi */
export type MaintenanceOtherwise = 'throw' | 'wait' | 'skip';

/** How long somebody waits for keys to be open. */
export interface OpenPatience {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** Why work does not begin. */
interface Closed {
  /** `undefined` where nothing certain is known. */
  readonly status: MaintenanceStatus | undefined;
  readonly active: readonly ActiveKey[];
}

/** Work that is no request: it begins while its keys are open, and counts until it is over. */
export class OpenWork {
  private readonly closes = new Subject<void>();
  private readonly changes: Observable<void>;
  private closing = false;

  constructor(
    private readonly manager: StateManager,
    private readonly works: WorkCalls,
    private readonly statuses: StatusSource,
    private readonly coverage: CoverageSource,
    private readonly stale: StaleSource,
  ) {
    this.changes = merge(manager.updates, this.closes);
  }

  /** Whoever waits gives up. */
  close(): void {
    this.closing = true;
    this.closes.next();
  }

  /**
   * Begins work in the same tick as the decision; it counts until what it gives has settled.
   * @returns `undefined` when its keys are not certain to be open: then it was not begun
   */
  begin<T>(name: string, scope: WorkScope, work: () => T): { readonly result: T } | undefined {
    if (this.manager.lease.lapsed()) {
      return undefined;
    }
    const closed = this.find(scope);
    return !closed || this.isCovered(closed) === true
      ? this.start(name, scope, work, closed !== undefined)
      : undefined;
  }

  /**
   * Runs work while its keys are open, or as a part of a call that whoever closed them waits for.
   * @returns `undefined` when it was skipped
   * @throws MaintenanceActiveError, MaintenanceLockedError when it would wait for itself, what the signal was aborted with, and
   * what work throws
   */
  async run<T>(
    name: string,
    scope: WorkScope,
    work: () => T,
    otherwise: MaintenanceOtherwise,
    signal?: AbortSignal,
  ): Promise<Awaited<T> | undefined> {
    signal?.throwIfAborted();
    for (;;) {
      await this.catchUp();
      const closed = this.find(scope);
      if (!closed || (await this.isCovered(closed))) {
        return await this.start(name, scope, work, closed !== undefined).result;
      }
      if (otherwise === 'skip') {
        return undefined;
      }
      if (otherwise === 'throw') {
        throw activeError(closed);
      }
      await this.untilOpen(scope, { timeout: Infinity, signal });
    }
  }

  /**
   * Waits until none of the keys is on.
   * @throws MaintenanceActiveError when the time is over, MaintenanceLockedError when it would wait for itself, and what the
   * signal was aborted with
   */
  async untilOpen(scope: WorkScope, { timeout, signal }: OpenPatience): Promise<void> {
    signal?.throwIfAborted();
    const until = performance.now() + timeout;
    const circle = new CircleWatch(this.manager);
    const include = excludeFromDrain();
    try {
      for (;;) {
        await this.catchUp();
        const closed = this.find(scope);
        if (!closed) {
          return;
        }
        if (this.closing) {
          throw new MaintenanceError(
            'The application shuts down: the end of maintenance is not waited for any more.',
          );
        }
        await circle.look(closed.active.map(({ key }) => key.name));
        const left = Math.min(until - performance.now(), circle.interval ?? LOOK_INTERVAL);
        if (left <= 0) {
          throw activeError(closed, timeout);
        }
        await nextOrTimeout(this.changes, left, signal);
        signal?.throwIfAborted();
      }
    } finally {
      circle.leave();
      include();
    }
  }

  /** Where it is not certain what holds, the store is asked first. */
  private async catchUp(): Promise<void> {
    if (this.manager.lease.lapsed()) {
      await this.manager.start();
      await this.stale.catchUp();
    }
  }

  private find(scope: WorkScope): Closed | undefined {
    const { active } = this.manager.snapshot;
    if (active.length > 0) {
      const concerned = active.filter(({ key }) => scope.isConcernedBy(key));
      const status = this.statuses.first(concerned, undefined);
      if (status) {
        return { status, active: concerned };
      }
    }
    return this.stale.blocks ? { status: undefined, active: [] } : undefined;
  }

  /** Does whoever closed the keys wait for the call that this is called from. A promise only where a bypass gives one. */
  private isCovered({ status, active }: Closed): boolean | Promise<boolean> {
    const call = currentCall();
    if (!status || !call) {
      return false;
    }
    const answers = active.map(({ key }) => this.coverage.covers(call, key));
    return answers.every((answer) => typeof answer === 'boolean')
      ? answers.every(Boolean)
      : Promise.all(answers).then((settled) => settled.every(Boolean) && call.running);
  }

  private start<T>(name: string, scope: WorkScope, work: () => T, covered: boolean): { readonly result: T } {
    const call = new WorkCall(name, scope, currentCall(), covered);
    this.works.begin(call);
    return { result: follow(call, work, () => this.works.end(call)) };
  }
}

function activeError({ status }: Closed, waited = 0): MaintenanceActiveError {
  const until = status?.state?.until ?? null;
  return new MaintenanceActiveError(status?.key?.name ?? null, { until, waited });
}
