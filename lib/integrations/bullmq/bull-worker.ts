import type { Job } from 'bullmq';

/** The arguments of a worker's constructor. */
export type WorkerArguments = [
  queue: string,
  processor?: unknown,
  options?: { autorun?: boolean; connection?: unknown; prefix?: string },
  ...rest: unknown[],
];

/** A worker with its private and protected members. */
export interface WholeWorker {
  paused: unknown;
  /** Its wait for news of the queue. Meanwhile it fetches nothing, and goes on with the jobs that it has. */
  waiting: Promise<unknown> | null;
  /** Its queue was empty when it last looked. */
  drained: boolean;
  emit(event: string, ...args: unknown[]): boolean;
  run(): Promise<void>;
  pause(doNotWaitActive?: boolean): Promise<void>;
  close(force?: boolean): Promise<void>;
  // the arguments of these change with the versions of BullMQ
  _getNextJob(...args: unknown[]): Promise<unknown>;
  moveToActive(...args: unknown[]): Promise<unknown>;
  processJob(job: Job, token: string, fetchesNext?: () => boolean, others?: unknown): Promise<unknown>;
  callProcessJob(job: Job, token: string, signal?: unknown): Promise<unknown>;
}

export type WholeWorkerClass = (new (...args: WorkerArguments) => WholeWorker) & { RateLimitError(): Error };

/** A class of workers: BullMQ's own, BullMQ Pro's, or one that an application has derived from these. */
export type WorkerClass = new (...args: never[]) => object;

const NEEDED = ['_getNextJob', 'moveToActive', 'processJob', 'callProcessJob'] as const;

/** Whether that class of workers has what a gate needs. */
export const isGuardable = (base: WorkerClass): boolean =>
  NEEDED.every((name) => typeof (base.prototype as Record<string, unknown>)[name] === 'function');
