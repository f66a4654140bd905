import type { Job } from 'bullmq';
import { outsideOfCalls } from '../../core/calls/current-call.js';
import { isObject } from '../../core/common/is-object.js';
import { isGuardable, type WholeWorkerClass, type WorkerArguments, type WorkerClass } from './bull-worker.js';
import { remember } from './unguarded-workers.js';
import type { GateKeeper, WorkerGate } from './worker-gate.js';

const gated = new WeakSet<object>();
const gates = new WeakMap<object, WorkerGate>();
let keeper: GateKeeper | undefined;

/** Workers that are created meanwhile are guarded. Synchronous. */
export function guardWorkers(by: GateKeeper, make: () => void): void {
  const before = keeper;
  keeper = by;
  try {
    make();
  } finally {
    keeper = before;
  }
}

/** The same class of workers, asking its gate, if there is one, before it takes a job. */
export function createGatedClass(base: WorkerClass): WorkerClass {
  if (gated.has(base) || !isGuardable(base)) {
    return base;
  }
  const Base = base as unknown as WholeWorkerClass;
  /** Jobs that were taken too late. */
  const returned = new WeakSet<Job>();
  /** Jobs that have begun. */
  const begun = new WeakSet<object>();
  /** What listeners are to hear of jobs once they begin. */
  const announced = new WeakMap<object, unknown[]>();

  class GatedWorker extends Base {
    private stopWaiting: () => void = () => undefined;
    private ends = false;

    constructor(...[queue, processor, options, ...rest]: WorkerArguments) {
      const guard = keeper;
      super(queue, processor, { ...options, autorun: false }, ...rest);
      let starts = options?.autorun !== false && Boolean(processor);
      const start = (): void => {
        if (starts) {
          starts = false;
          this.run().catch((error: Error) => this.emit('error', error));
        }
      };
      if (guard) {
        gates.set(this, guard(queue, processor));
        start();
      } else {
        remember(this, {
          queue,
          connection: options?.connection,
          guard: (by) => gates.set(this, by(queue, processor)),
          start,
        });
      }
    }

    /** Set going inside a call it would take all its jobs for a part of that. */
    override run(): Promise<void> {
      let running: Promise<void> | undefined;
      outsideOfCalls(() => (running = super.run()));
      return running as unknown as Promise<void>;
    }

    override pause(doNotWaitActive?: boolean): Promise<void> {
      const paused = super.pause(doNotWaitActive);
      this.stopWaiting();
      return paused;
    }

    override close(force?: boolean): Promise<void> {
      this.ends = true;
      this.stopWaiting();
      return super.close(force);
    }

    // not by pausing it: until BullMQ 6.4 a worker that is resumed while one of its jobs is running takes no other before that ends,
    // and until 5.75 none at all
    override _getNextJob(...args: unknown[]): Promise<unknown> {
      const gate = gates.get(this);
      return !gate || gate.isOpen || this.ends || this.paused
        ? super['_getNextJob'](...args)
        : this.waitForGate(gate);
    }

    /** BullMQ says that a job is active when it has fetched it, which may be too late. */
    override emit(event: string, ...args: unknown[]): boolean {
      const [job] = args;
      if (event === 'active' && gates.has(this) && isObject(job) && !begun.has(job)) {
        announced.set(job, args);
        return true;
      }
      return super.emit(event, ...args);
    }

    override moveToActive(...args: unknown[]): Promise<unknown> {
      return gates.get(this)?.isOpen === false ? Promise.resolve(undefined) : super.moveToActive(...args);
    }

    override processJob(
      job: Job,
      token: string,
      fetchesNext: () => boolean = () => true,
      others?: unknown,
    ): Promise<unknown> {
      const gate = gates.get(this);
      if (!gate) {
        return super.processJob(job, token, fetchesNext, others);
      }
      // not even the next job, which Redis hands to a worker that has finished one
      const fetches = (): boolean => gate.isOpen && fetchesNext();
      const over = gate.count(job.name);
      if (!over) {
        return this.processLater(gate, job, () => super.processJob(job, token, fetches, others));
      }
      this.announce(job);
      const processed = super.processJob(job, token, fetches, others);
      processed.then(over, over);
      return processed;
    }

    override callProcessJob(job: Job, token: string, signal?: unknown): Promise<unknown> {
      // as if its rate were limited: back to the head of the queue, without an attempt
      return returned.delete(job)
        ? Promise.reject(Base.RateLimitError())
        : super.callProcessJob(job, token, signal);
    }

    private processLater(gate: WorkerGate, job: Job, process: () => Promise<unknown>): Promise<unknown> {
      const begin = (): Promise<unknown> => {
        this.announce(job);
        return process();
      };
      return gate.process(job.name, begin, () => {
        returned.add(job);
        return process();
      });
    }

    private announce(job: Job): void {
      begun.add(job);
      const args = announced.get(job);
      if (args) {
        super.emit('active', ...args);
      }
    }

    private async waitForGate(gate: WorkerGate): Promise<undefined> {
      const stopped = new Promise<void>((resolve) => (this.stopWaiting = resolve));
      this.waiting = Promise.race([gate.opened(), stopped]);
      await this.waiting;
      this.waiting = null;
      // jobs may have arrived in the meantime without waking it
      this.drained = false;
    }
  }
  Object.defineProperty(GatedWorker, 'name', { value: Base.name });
  gated.add(GatedWorker);
  return GatedWorker;
}
