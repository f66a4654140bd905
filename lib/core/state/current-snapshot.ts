import { BoundaryTimer } from '../common/boundary-timer.js';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { Snapshot } from './snapshot.js';

/** The snapshot that counts now: made anew when keys are added, and when one of its boundaries has passed. */
export class CurrentSnapshot {
  private made!: Snapshot;
  private readonly boundary: BoundaryTimer;
  /** It lacks keys that were added since. */
  private lacking = false;
  private stopped = false;

  /**
   * @param make from what is known, at a moment
   * @param now the clock by which boundaries are measured
   * @param passed is called once a boundary has passed, and compiles
   */
  constructor(
    registry: KeyRegistry,
    private readonly make: (now: number) => Snapshot,
    private readonly now: () => number,
    private readonly passed: () => void,
  ) {
    this.boundary = new BoundaryTimer(now, passed);
    this.compile();
    registry.onAdd(() => {
      if (!this.lacking) {
        // once for all that are added now
        this.lacking = true;
        queueMicrotask(() => this.complete());
      }
    });
  }

  /** A boundary that has passed counts even if its timer is late. */
  get snapshot(): Snapshot {
    this.complete();
    if (this.boundary.isOver) {
      this.passed();
    }
    return this.made;
  }

  compile(now = this.now()): void {
    this.lacking = false;
    this.made = this.make(now);
    if (!this.stopped) {
      this.boundary.set(this.made.nextBoundary);
    }
  }

  /** No boundary is waited for any more. */
  stop(): void {
    this.stopped = true;
    this.boundary.clear();
  }

  private complete(): void {
    if (this.lacking) {
      this.compile();
    }
  }
}
