import { merge, Subject, type Observable } from 'rxjs';
import { currentCall, excludeFromDrain, follow } from '../calls/current-call.js';
import { WorkCall, type WorkCalls } from '../calls/work-calls.js';
import { settle } from '../calls/settle.js';
import type { WorkScope, WorkSource } from '../calls/work-scope.js';
import { nextOrTimeout } from '../common/next-or-timeout.js';
import { MaintenanceError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import { CircleWatch } from './circle-watch.js';
import type { MaintenanceOtherwise } from './maintenance-otherwise.js';
import type { OpenDecision } from './open-decision.js';

/** Milliseconds between two looks at awaited keys, in addition to changes: a status class may depend on the time. */
const LOOK_INTERVAL = 1_000;

/** How long to wait for keys to open. */
export interface OpenPatience {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** Work that is not a request: it begins while its keys are open, and counts until it is over. */
export class OpenWork {
  private readonly closes = new Subject<void>();
  private readonly changes: Observable<void>;
  private closing = false;

  constructor(
    private readonly manager: StateManager,
    private readonly works: WorkCalls,
    private readonly decision: OpenDecision,
  ) {
    this.changes = merge(manager.updates, this.closes);
  }

  /** Whether a key is certainly on that keeps work of this scope from beginning. */
  isClosed(scope: WorkScope): boolean {
    return this.decision.find(scope) !== undefined;
  }

  /** Emits in the same tick as {@link isClosed} may change. */
  get updates(): Observable<void> {
    return this.manager.updates;
  }

  /** All waits end with an error. */
  close(): void {
    this.closing = true;
    this.closes.next();
  }

  /**
   * Begins work in the same tick as the decision; it counts until its result has settled.
   * @returns `undefined` when its keys are not certain to be open: then it was not begun
   */
  begin<T>(source: WorkSource, work: () => T): { readonly result: T } | undefined {
    if (!this.decision.isCertain) {
      return undefined;
    }
    const closed = this.decision.find(source.scope);
    return !closed || this.decision.isCovered(closed) === true
      ? this.start(source, work, closed !== undefined)
      : undefined;
  }

  /** The same, with the result of `skipped` if it is not begun. A promise only if the keys are not certain. */
  runOrSkip<T, S>(
    source: WorkSource,
    work: () => T,
    skipped: () => S,
  ): T | S | Promise<Awaited<T> | Awaited<S>> {
    const begun = this.begin(source, work);
    if (begun) {
      return begun.result;
    }
    const closed = this.decision.isCertain ? this.decision.find(source.scope) : undefined;
    return closed && this.decision.isCovered(closed) === false
      ? skipped()
      : this.runOrSkipLater(source, work, skipped);
  }

  /**
   * Runs work while its keys are open, or as a part of a call that the holder of the keys waits for.
   * @returns `undefined` when it was skipped
   * @throws MaintenanceActiveError, MaintenanceLockedError when it would wait for itself, what the signal was aborted with, and
   * what work throws
   */
  async run<T>(
    source: WorkSource,
    work: () => T,
    otherwise: MaintenanceOtherwise,
    signal?: AbortSignal,
  ): Promise<Awaited<T> | undefined> {
    signal?.throwIfAborted();
    for (;;) {
      await this.decision.catchUp();
      const closed = this.decision.find(source.scope);
      if (!closed) {
        return await this.start(source, work, false).result;
      }
      const covered = this.decision.isCovered(closed);
      if (
        covered === true ||
        (covered !== false && (await covered) && this.decision.isNoMoreThan(closed, source.scope))
      ) {
        return await this.start(source, work, true).result;
      }
      if (otherwise === 'skip') {
        return undefined;
      }
      if (otherwise === 'throw') {
        if (this.manager.lease.isResigned) {
          throw new MaintenanceError('The application has shut down; the work did not start.');
        }
        throw this.decision.error(closed);
      }
      await this.untilOpen(source.scope, { timeout: Infinity, signal });
    }
  }

  /**
   * Waits until none of the keys is on.
   * @throws MaintenanceActiveError when the time is over, MaintenanceLockedError when it would wait for itself, and the reason of
   * the signal
   */
  async untilOpen(scope: WorkScope, { timeout, signal }: OpenPatience): Promise<void> {
    signal?.throwIfAborted();
    const until = performance.now() + timeout;
    const circle = new CircleWatch(this.manager);
    const include = excludeFromDrain();
    try {
      for (;;) {
        await this.decision.catchUp();
        const closed = this.decision.find(scope);
        if (!closed) {
          return;
        }
        if (this.closing) {
          throw new MaintenanceError(
            'The application is shutting down; it no longer waits for the end of maintenance.',
          );
        }
        await circle.look(closed.active.map(({ key }) => key.name));
        const left = Math.min(until - performance.now(), circle.interval ?? LOOK_INTERVAL);
        if (left <= 0) {
          throw this.decision.error(closed, timeout);
        }
        await nextOrTimeout(this.changes, left, signal);
        signal?.throwIfAborted();
      }
    } finally {
      circle.leave();
      include();
    }
  }

  /**
   * Counts work from the tick of the decision on, for callers that need neither to follow its calls nor to wait for its result.
   * @returns what to call when it is over; `undefined` if it is not certain that its keys are open: then it must not begin
   */
  count(name: string, scope: WorkScope): (() => void) | undefined {
    if (!this.decision.isCertain || this.decision.find(scope) !== undefined) {
      return undefined;
    }
    const call = new WorkCall(name, scope, currentCall(), false);
    this.works.begin(call);
    return () => this.works.end(call);
  }

  private async runOrSkipLater<T, S>(
    source: WorkSource,
    work: () => T,
    skipped: () => S,
  ): Promise<Awaited<T> | Awaited<S>> {
    const runs = { begun: false };
    const result = await this.run(source, () => ((runs.begun = true), work()), 'skip');
    return runs.begun ? (result as Awaited<T>) : await skipped();
  }

  private start<T>(
    { name, scope, followed }: WorkSource,
    work: () => T,
    covered: boolean,
  ): { readonly result: T } {
    const call = new WorkCall(name, scope, currentCall(), covered);
    this.works.begin(call);
    const over = (): void => this.works.end(call);
    if (followed !== false) {
      return { result: follow(call, work, over) };
    }
    try {
      return { result: settle(work(), over) };
    } catch (error) {
      over();
      throw error;
    }
  }
}
