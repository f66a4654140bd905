import { LongTimer } from './long-timer.js';

/** Milliseconds between two looks at the clock while the instant is further away: the clock may be set meanwhile. */
const LOOK_INTERVAL = 30_000;

/** Waits for an instant, however far away; callers need not read the clock until it is near. */
export class BoundaryTimer {
  private readonly timer = new LongTimer();
  private instant = Infinity;
  private near = false;

  /**
   * @param now the clock by which the instant is measured
   * @param reached is called once it has come
   */
  constructor(
    private readonly now: () => number,
    private readonly reached: () => void,
  ) {}

  /** Whether it has come, even if its timer is late. */
  get isOver(): boolean {
    return this.near && this.now() >= this.instant;
  }

  /** Replaces what was set before; `Infinity`: nothing is waited for. */
  set(instant: number): void {
    this.instant = instant;
    this.wait();
  }

  clear(): void {
    this.timer.clear();
  }

  private wait(): void {
    const { instant, now } = this;
    const left = instant === Infinity ? Infinity : instant - now();
    this.near = left < 2 * LOOK_INTERVAL;
    if (this.near) {
      this.timer.set(instant, now, this.reached);
    } else {
      const look = left === Infinity ? Infinity : now() + LOOK_INTERVAL;
      this.timer.set(look, now, () => this.wait());
    }
  }
}
