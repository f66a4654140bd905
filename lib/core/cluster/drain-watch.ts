import type { RunningCalls } from './running-calls.js';

/** Looking takes at most one part in so many of the time, while somebody waits for what is still running. */
const LOOKING = 10;

/**
 * The calls that one draining hold waits for on this replica: those its key refuses, of all that had been let pass when
 * the hold was learned of. What is let pass later was let pass in spite of it.
 */
export class DrainWatch {
  private readonly counted = new WeakSet<object>();
  private timer: NodeJS.Timeout | undefined;
  private rest: readonly string[] = [];

  /**
   * @param refuses would the key refuse this call; an outlivesResponse's request is over, only its handler tells
   * @param done is called once nothing is left
   */
  constructor(
    private readonly inFlight: RunningCalls,
    private readonly refuses: (call: object, outlivesResponse: boolean) => boolean | Promise<boolean>,
    private readonly done: () => void,
  ) {
    this.inFlight.remaining((context, outlivesResponse) => {
      if (!outlivesResponse) {
        this.count(context);
      }
      return false;
    });
    this.look();
  }

  /** Routes still served. */
  get routes(): readonly string[] {
    return this.rest;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private count(context: object): void {
    const refused = this.refuses(context, false);
    if (refused === true) {
      this.counted.add(context);
    } else if (refused !== false) {
      // counts until it is known to be allowed
      this.counted.add(context);
      refused.then((value) => (value ? undefined : this.counted.delete(context))).catch(() => undefined);
    }
  }

  private look(): void {
    const begun = performance.now();
    this.rest = this.inFlight.remaining((context, outlivesResponse) =>
      outlivesResponse ? this.refuses(context, true) !== false : this.counted.has(context),
    );
    if (this.rest.length > 0) {
      // as soon as a timer can, where few calls are under way: whoever waits is late by as much
      this.timer = setTimeout(() => this.look(), LOOKING * (performance.now() - begun));
      this.timer.unref();
    } else {
      this.done();
    }
  }
}
