import { Subject } from 'rxjs';
import { messageOf } from '../store/store.js';

/** How well this replica is in touch with the store. @publicApi */
export interface MaintenanceHealth {
  /** `false` while the store cannot be reached or read. */
  readonly up: boolean;
  /** Since when this replica works from what it last knew; `null` while it is in touch. */
  readonly stale: Date | null;
  /** What this replica knows. */
  readonly revision: number;
  /** Milliseconds this replica may still trust what it knows without asking; `Infinity` without Redis. */
  readonly lease: number;
  /** What is wrong, in words; `null` when nothing is. */
  readonly error: string | null;
}

/** Where the manager writes what a person should know. */
export interface StateLog {
  log(message: string): void;
  warn(message: string): void;
}

const HOLDS = 'What was last known goes on to hold.';

/** Whether the store can be reached and read, told once when it changes. */
export class StoreHealth {
  /** Emits when touch with the store is lost and when it is found again. */
  readonly changes = new Subject<MaintenanceHealth>();
  private since: Date | null = null;
  private lostAt = Infinity;
  private error: string | null = null;
  private readonly warned = new Set<string>();

  /** @param facts what else belongs to a health report */
  constructor(
    private readonly log: StateLog,
    private readonly facts: () => Pick<MaintenanceHealth, 'revision' | 'lease'>,
  ) {}

  health(): MaintenanceHealth {
    return { up: this.error === null, stale: this.since, ...this.facts(), error: this.error };
  }

  /** Milliseconds since touch was lost; 0 while it is not. */
  lostFor(): number {
    return Math.max(0, performance.now() - this.lostAt);
  }

  /** The store did not answer. */
  lost(error: unknown): void {
    this.fail(messageOf(error), (message) => `Lost touch with the maintenance store: ${message} ${HOLDS}`);
  }

  /** The store answered with something that cannot be read, and that stays there. */
  damaged(warning: string): void {
    this.warn(warning);
    this.fail(warning);
  }

  /** Told once, until the store is well again. */
  warn(warning: string): void {
    if (!this.warned.has(warning)) {
      this.warned.add(warning);
      this.log.warn(`${warning} ${HOLDS}`);
    }
  }

  found(): void {
    this.warned.clear();
    if (this.error === null) {
      return;
    }
    this.error = null;
    this.since = null;
    this.lostAt = Infinity;
    this.log.log('In touch with the maintenance store again.');
    this.changes.next(this.health());
  }

  private fail(error: string, say?: (error: string) => string): void {
    const first = this.error === null;
    this.error = error;
    this.since ??= new Date();
    if (first) {
      this.lostAt = performance.now();
      if (say) {
        this.log.warn(say(error));
      }
      this.changes.next(this.health());
    }
  }
}
