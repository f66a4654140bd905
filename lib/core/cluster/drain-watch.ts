import type { CallFilter, RunningCalls } from './running-calls.js';

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
   * @param key its name
   * @param refuses would the key refuse this call
   * @param done is called once nothing is left
   */
  constructor(
    readonly key: string,
    private readonly inFlight: RunningCalls,
    private readonly refuses: (call: object, late: boolean) => boolean | Promise<boolean>,
    private readonly done: () => void,
  ) {
    this.inFlight.remaining((call, late) => {
      if (!late) {
        this.count(call);
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

  /** Nobody waits any more for what is left. */
  giveUp(): void {
    this.stop();
    this.inFlight.revoke(this.isLeft, 'maintenance that refuses it has given up waiting for it');
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

  private readonly isLeft: CallFilter = (call, late) =>
    late ? this.refuses(call, true) !== false : this.counted.has(call);

  private look(): void {
    const begun = performance.now();
    this.rest = this.inFlight.remaining(this.isLeft);
    if (this.rest.length > 0) {
      // as soon as a timer can, where few calls are under way: whoever waits is late by as much
      this.timer = setTimeout(() => this.look(), LOOKING * (performance.now() - begun));
      this.timer.unref();
    } else {
      this.done();
    }
  }
}
