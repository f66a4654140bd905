interface Wait {
  /** Calls under way. */
  pending: number;
  /** On the monotonic clock: since when any is. */
  began: number;
  /** When the last was over. */
  ended: number;
  spent: number;
}

/** Milliseconds by which timers may be early. */
const TIMER = 2;

/**
 * How long a request may wait for a function of the application, however often that is asked on its way: by each folder of static
 * files that it passes, say. Begins anew for what lives longer than its calls, such as the request of a websocket.
 */
export class WaitBudget {
  private readonly waits = new WeakMap<object, Wait>();

  /** @param total milliseconds */
  constructor(private readonly total: number) {}

  /** Milliseconds that are left; 0: none. */
  left(request: object): number {
    const wait = this.waits.get(request);
    if (!wait) {
      return this.total;
    }
    const now = performance.now();
    if (wait.pending === 0 && now - wait.ended > this.total) {
      this.waits.delete(request);
      return this.total;
    }
    const left = this.total - wait.spent - (wait.pending > 0 ? now - wait.began : 0);
    return left < TIMER ? 0 : left;
  }

  /** Counts how long this takes; what goes on at the same time counts once. */
  async spend<T>(request: object, call: Promise<T>): Promise<T> {
    const wait = this.waits.get(request) ?? { pending: 0, began: 0, ended: 0, spent: 0 };
    this.waits.set(request, wait);
    if (wait.pending++ === 0) {
      wait.began = performance.now();
    }
    try {
      return await call;
    } finally {
      if (--wait.pending === 0) {
        wait.ended = performance.now();
        wait.spent += wait.ended - wait.began;
      }
    }
  }
}
