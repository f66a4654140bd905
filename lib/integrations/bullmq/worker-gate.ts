import { outsideOfCalls } from '../../core/calls/current-call.js';
import type { WorkScope } from '../../core/calls/work-scope.js';
import type { OpenWork } from '../../core/service/open-work.js';

/** The worker whose jobs they are. */
export interface JobOwner {
  readonly queue: string;
  readonly scope: WorkScope;
  /** Whether the code that a job reaches knows which job it belongs to. */
  readonly followed: boolean;
}

/** Creates the gate of a worker. */
export type GateKeeper = (queue: string, processor: unknown) => WorkerGate;

/**
 * Stands between a worker and its queue: the worker takes no job before the application is ready, nor while a key of its jobs is
 * on. A job that was on its way when the key was switched on goes back to the head of its queue without having begun.
 */
export class WorkerGate {
  private ready = false;
  private waits = false;
  private opens: Promise<void> | undefined;
  private letGo: () => void = () => undefined;

  constructor(
    private readonly owner: JobOwner,
    private readonly openWork: OpenWork,
  ) {}

  /** The application is ready. */
  open(): void {
    this.ready = true;
    this.look();
    this.release();
  }

  /** In the same tick as the state changes. */
  readonly look = (): void => {
    if (this.ready && !this.waits && this.openWork.isClosed(this.owner.scope)) {
      this.waits = true;
      outsideOfCalls(() => void this.waitUntilOpen());
    }
  };

  /** Whether the worker may fetch a job. */
  get isOpen(): boolean {
    this.look();
    return this.ready && !this.waits;
  }

  /** Resolves as soon as it may. */
  opened(): Promise<void> {
    return this.isOpen
      ? Promise.resolve()
      : (this.opens ??= new Promise((resolve) => (this.letGo = resolve)));
  }

  /**
   * Counts a job that begins in this tick.
   * @returns what to call when it is over; `undefined` if the job takes more than counting: then call {@link process}
   */
  count(job: string): (() => void) | undefined {
    const { scope, followed } = this.owner;
    return followed ? undefined : this.openWork.count(this.nameOf(job), scope);
  }

  /**
   * Processes a job in the same tick as the decision; it counts until what that gives has settled.
   * @param putBack returns the job to its queue
   */
  process<T>(job: string, process: () => Promise<T>, putBack: () => Promise<T>): Promise<T> {
    const { scope, followed } = this.owner;
    const name = this.nameOf(job);
    return this.openWork.runOrSkip({ name, scope, followed }, process, () => {
      this.look();
      return putBack();
    }) as Promise<T>;
  }

  private async waitUntilOpen(): Promise<void> {
    try {
      do {
        await this.openWork.untilOpen(this.owner.scope, { timeout: Infinity, signal: undefined });
      } while (this.openWork.isClosed(this.owner.scope));
    } catch {
      // the application is shutting down
      return;
    }
    this.waits = false;
    this.release();
  }

  private release(): void {
    if (this.ready && !this.waits) {
      this.letGo();
      this.opens = undefined;
    }
  }

  /** How operators see a job. */
  private nameOf(job: string): string {
    return `queue "${this.owner.queue}", job "${job}"`;
  }
}
