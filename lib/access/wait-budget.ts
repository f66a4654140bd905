import type { HttpRequest } from '../request/http-request.js';

interface Wait {
  /** Calls in progress. */
  pending: number;
  /** Since when there have been any, on the monotonic clock. */
  began: number;
  spent: number;
}

/** Milliseconds by which timers may fire early. */
const TIMER = 2;

/**
 * How long a request may wait for a function of the application, however often that is called on its way, for example by each
 * folder of static files. The request of a websocket outlives this: there each wait has a budget of its own.
 */
export class WaitBudget {
  private readonly waits = new WeakMap<HttpRequest, Wait>();

  /** @param total milliseconds */
  constructor(private readonly total: number) {}

  /** Milliseconds left; 0: none. */
  left(request: HttpRequest): number {
    const wait = this.waits.get(request);
    if (!wait) {
      return this.total;
    }
    if (wait.pending === 0 && request.headers.upgrade !== undefined) {
      this.waits.delete(request);
      return this.total;
    }
    const left = this.total - wait.spent - (wait.pending > 0 ? performance.now() - wait.began : 0);
    return left < TIMER ? 0 : left;
  }

  /** Measures how long this takes; calls that overlap count once. */
  async spend<T>(request: HttpRequest, call: Promise<T>): Promise<T> {
    const wait = this.waits.get(request) ?? { pending: 0, began: 0, spent: 0 };
    this.waits.set(request, wait);
    if (wait.pending++ === 0) {
      wait.began = performance.now();
    }
    try {
      return await call;
    } finally {
      if (--wait.pending === 0) {
        wait.spent += performance.now() - wait.began;
      }
    }
  }
}
