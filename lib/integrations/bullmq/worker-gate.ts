import { outsideOfCalls } from '../../core/calls/current-call.js';
import type { WorkScope } from '../../core/calls/work-scope.js';
import type { OpenWork } from '../../core/service/open-work.js';

/** What a worker does by itself when nobody stands in its way. */
export interface WorkerControls {
  readonly queue: string;
  run(): Promise<void>;
  /** Does not wait for jobs under way. */
  pause(): void;
  resume(): void;
}

/** Whose jobs they are. */
export interface JobOwner {
  readonly scope: WorkScope;
  /** Does what a job reaches know that it belongs to it. */
  readonly followed: boolean;
}

type Start = () => void;

/**
 * Stands between a worker and its queue: it takes no job before the application is ready, nor while a key of its jobs is on. A
 * job that was on its way when the key was switched on goes back to the head of its queue without having begun.
 */
export class WorkerGate {
  private ready = false;
  private waits = false;
  private readonly starts: Start[] = [];
  /** The application has paused it itself. */
  held = false;

  /** @param begun it runs already */
  constructor(
    private readonly worker: WorkerControls,
    readonly owner: JobOwner,
    private readonly openWork: OpenWork,
    private begun: boolean,
  ) {
    if (begun) {
      this.pause();
    }
  }

  /** The application is ready. */
  open(): void {
    this.ready = true;
    this.look();
    this.letGo();
  }

  /** In the same tick as the state changes. */
  readonly look = (): void => {
    if (this.ready && !this.waits && this.openWork.isClosed(this.owner.scope)) {
      this.waits = true;
      this.pause();
      outsideOfCalls(() => void this.waitUntilOpen());
    }
  };

  /** May it fetch a job. */
  get isOpen(): boolean {
    this.look();
    return this.ready && !this.waits;
  }

  /** Somebody wants it to run: it begins as soon as it may. */
  run(): Promise<void> {
    if (this.isOpen) {
      return this.begin();
    }
    return new Promise((resolve, reject) => {
      this.starts.push(() => void this.begin().then(resolve, reject));
    });
  }

  /** The application lets it go on after a pause of its own. */
  resume(): void {
    this.held = false;
    if (this.isOpen) {
      this.resumeWorker();
    }
  }

  /**
   * Processes a job in the same tick as the decision; it counts until what that gives has settled.
   * @param putBack gives the job back to its queue
   */
  process<T>(job: string, process: () => Promise<T>, putBack: () => Promise<T>): Promise<T> {
    const { scope, followed } = this.owner;
    const name = `queue "${this.worker.queue}", job "${job}"`;
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
      // the application shuts down
      return;
    }
    this.waits = false;
    this.letGo();
  }

  private letGo(): void {
    if (this.waits) {
      return;
    }
    if (this.begun && !this.held) {
      this.resumeWorker();
    }
    this.starts.splice(0).forEach((start) => start());
  }

  // a worker that is set going inside a call would take all its jobs for a part of that

  private begin(): Promise<void> {
    this.begun = true;
    let running: Promise<void> | undefined;
    outsideOfCalls(() => (running = this.worker.run()));
    return running as unknown as Promise<void>;
  }

  private pause(): void {
    if (this.begun) {
      outsideOfCalls(() => this.worker.pause());
    }
  }

  private resumeWorker(): void {
    outsideOfCalls(() => this.worker.resume());
  }
}
