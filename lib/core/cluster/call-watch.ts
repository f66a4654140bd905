import type { Subscription } from 'rxjs';
import { resumptions } from '../calls/current-call.js';
import type { CallFilter, CallJudge, RunningCall, RunningCalls } from './running-calls.js';

/** Looking takes at most this fraction of the time, while somebody waits for what is still running. */
const LOOKING = 10;

/**
 * The calls that are waited for on this replica since a key is on, or held: those that the key refuses, of all that had been
 * admitted when this replica learned of it. Later calls are admitted in spite of the key.
 */
export class CallWatch {
  private readonly counted = new WeakSet<object>();
  readonly begun = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private rest: readonly RunningCall[] = [];
  private emptyAt = this.begun;
  private made = false;
  /** Only calls are left that are waiting themselves: they are not waited for unless they go on. */
  private idle = false;
  private resumption: Subscription | undefined;
  private soon: NodeJS.Immediate | undefined;
  private isSettled = false;

  /**
   * @param key its name
   * @param slowest ms between two looks at most: the longer it lasts, the less it matters when it is noticed
   * @param turned is called once nothing is left, unless there never was, and when a call goes on after all
   */
  constructor(
    readonly key: string,
    private readonly calls: RunningCalls,
    private readonly judge: CallJudge,
    private readonly slowest: number,
    private readonly turned: () => void,
  ) {
    this.calls.running((call, late) => {
      if (!late) {
        this.count(call);
      }
      return false;
    });
    this.look();
    this.made = true;
  }

  /** Those that are left, the longest first. */
  get running(): readonly RunningCall[] {
    if (this.idle && this.slowest === 0) {
      this.look();
    }
    return this.rest;
  }

  /** Their routes. */
  get routes(): readonly string[] {
    return [...new Set(this.running.map(({ route }) => route))];
  }

  /** Since when none is left, on the monotonic clock; `null` while some are. */
  get emptySince(): number | null {
    return this.running.length > 0 ? null : this.emptyAt;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.rests(false);
  }

  /** All that was waited for is over. */
  settle(): void {
    this.stop();
    this.isSettled = true;
  }

  /** Nobody waits for the remaining ones any more. */
  giveUp(): void {
    this.stop();
    if (this.isSettled) {
      return;
    }
    this.calls.revoke(this.isLeft, 'a maintain() that refuses it has given up waiting for it');
  }

  private count(call: object): void {
    const refused = this.judge.ask(this.key, call, false);
    if (refused === true) {
      this.counted.add(call);
    } else if (refused !== false) {
      // counts until it is known to be allowed
      this.counted.add(call);
      refused.then((value) => (value ? undefined : this.counted.delete(call))).catch(() => undefined);
    }
  }

  private readonly isLeft: CallFilter = (call, late) =>
    late ? this.judge.ask(this.key, call, true) !== false : this.counted.has(call);

  private look(): void {
    const begun = performance.now();
    let left = false;
    const wasIdle = this.idle;
    this.rest = this.calls.running((call, late) => {
      const isLeft = this.isLeft(call, late);
      left ||= isLeft;
      return isLeft;
    });
    this.rests(left && this.rest.length === 0);
    if (this.rest.length > 0) {
      // as soon as a timer can, if few calls are in progress: this delays everybody who waits
      const now = performance.now();
      const pause = Math.max(LOOKING * (now - begun), Math.min(this.slowest, (now - this.begun) / LOOKING));
      this.timer = setTimeout(() => this.look(), pause);
      this.timer.unref();
    } else if (!wasIdle) {
      this.emptyAt = begun;
      if (this.made) {
        this.turned();
      }
    }
  }

  /** While only waiting calls are left, they are looked at again when any call of this process goes on, once per turn. */
  private rests(idle: boolean): void {
    this.idle = idle;
    if (idle) {
      this.resumption ??= resumptions.subscribe(() => (this.soon ??= setImmediate(() => this.lookAgain())));
    } else {
      this.resumption?.unsubscribe();
      clearImmediate(this.soon);
      this.resumption = this.soon = undefined;
    }
  }

  private lookAgain(): void {
    this.soon = undefined;
    this.look();
    if (this.rest.length > 0) {
      this.turned();
    }
  }
}
