import type { Job } from 'bullmq';
import type { WorkerControls, WorkerGate } from './worker-gate.js';

/** What a worker is made with. */
type WorkerArguments = [
  queue: string,
  processor?: unknown,
  options?: { autorun?: boolean; connection?: unknown; prefix?: string },
  ...rest: unknown[],
];

/** A worker with those of its members that it keeps to itself and its subclasses. */
interface WholeWorker {
  emit(event: 'error', error: Error): boolean;
  run(): Promise<void>;
  pause(doNotWaitActive?: boolean): Promise<void>;
  resume(): unknown;
  moveToActive(...args: unknown[]): Promise<unknown>;
  processJob(job: Job, ...rest: unknown[]): Promise<unknown>;
  callProcessJob(job: Job, ...rest: unknown[]): Promise<unknown>;
}

type WholeWorkerClass = (new (...args: WorkerArguments) => WholeWorker) & { RateLimitError(): Error };

/** A class of workers: BullMQ's own, BullMQ Pro's, or one that an application has made of these. */
export type WorkerClass = new (...args: never[]) => object;

/** Makes the gate of a worker when that is made; `undefined` where nobody guards it. */
export type GateKeeper = (controls: WorkerControls, processor: unknown) => WorkerGate;

/** A worker that nobody guards. */
export interface UnguardedWorker {
  readonly queue: string;
  readonly connection: unknown;
  readonly processor: unknown;
  /** Guards it from now on. */
  guard(keeper: GateKeeper): void;
}

const gated = new WeakSet<object>();
const gates = new WeakMap<object, WorkerGate>();
const unguarded = new Set<WeakRef<UnguardedWorker>>();
const owned = new WeakMap<object, UnguardedWorker>();
let keeper: GateKeeper | undefined;

/** Workers that are made meanwhile are guarded. Synchronous. */
export function guardWorkers(by: GateKeeper, make: () => void): void {
  const before = keeper;
  keeper = by;
  try {
    make();
  } finally {
    keeper = before;
  }
}

/** Workers that were made without that anybody guards them. */
export function* unguardedWorkers(): Generator<UnguardedWorker> {
  for (const reference of unguarded) {
    const worker = reference.deref();
    if (worker) {
      yield worker;
    } else {
      unguarded.delete(reference);
    }
  }
}

/** The same class of workers, that asks a gate, where there is one, before it takes a job. */
export function createGatedClass(base: WorkerClass): WorkerClass {
  if (gated.has(base)) {
    return base;
  }
  const Base = base as unknown as WholeWorkerClass;
  /** Jobs that were taken too late. */
  const returned = new WeakSet<Job>();

  class GatedWorker extends Base {
    constructor(...[queue, processor, options, ...rest]: WorkerArguments) {
      const guard = keeper;
      super(queue, processor, guard ? { ...options, autorun: false } : options, ...rest);
      const controls: WorkerControls = {
        queue,
        run: () => super.run(),
        pause: () => void super.pause(true).catch((error: Error) => this.emit('error', error)),
        resume: () => {
          // jobs may have come meanwhile, without that anybody was called
          Object.assign(this, { drained: false });
          void super.resume();
        },
      };
      if (guard) {
        gates.set(this, guard(controls, processor));
        if (options?.autorun !== false) {
          this.run().catch((error: Error) => this.emit('error', error));
        }
      } else {
        remember(this, { queue, connection: options?.connection, processor, controls });
      }
    }

    override run(): Promise<void> {
      const gate = gates.get(this);
      return gate ? gate.run() : super.run();
    }

    override pause(doNotWaitActive?: boolean): Promise<void> {
      const gate = gates.get(this);
      if (gate) {
        gate.held = true;
      }
      return super.pause(doNotWaitActive);
    }

    override resume(): unknown {
      const gate = gates.get(this);
      return gate ? gate.resume() : super.resume();
    }

    override moveToActive(...args: unknown[]): Promise<unknown> {
      return gates.get(this)?.isOpen === false ? Promise.resolve(undefined) : super.moveToActive(...args);
    }

    override processJob(job: Job, ...rest: unknown[]): Promise<unknown> {
      const process = (): Promise<unknown> => super.processJob(job, ...rest);
      const putBack = (): Promise<unknown> => {
        returned.add(job);
        return process();
      };
      return gates.get(this)?.process(job.name, process, putBack) ?? process();
    }

    override callProcessJob(job: Job, ...rest: unknown[]): Promise<unknown> {
      // as if its rate were limited: back to the head of the queue, without an attempt
      return returned.delete(job)
        ? Promise.reject(Base.RateLimitError())
        : super.callProcessJob(job, ...rest);
    }
  }
  Object.defineProperty(GatedWorker, 'name', { value: Base.name });
  gated.add(GatedWorker);
  return GatedWorker;
}

function remember(
  worker: object,
  { controls, ...facts }: Omit<UnguardedWorker, 'guard'> & { controls: WorkerControls },
): void {
  const entry: UnguardedWorker = {
    ...facts,
    guard(by) {
      unguarded.delete(reference);
      gates.set(worker, by(controls, facts.processor));
    },
  };
  const reference = new WeakRef(entry);
  unguarded.add(reference);
  // lives as long as its worker
  owned.set(worker, entry);
}
