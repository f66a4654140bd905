import { Subject } from 'rxjs';
import { byItself } from '../calls/by-itself.js';
import { LogThrottle } from '../common/log-throttle.js';
import { messageOf } from '../errors/message-of.js';
import type { ReplicaLease } from './replica-lease.js';
import type { StateView } from './state-view.js';

/** The state of a replica's contact with the store. @publicApi */
export interface MaintenanceHealth {
  /** `false` while the store cannot be reached, read or written. */
  readonly up: boolean;
  /** Since when this replica works with its last known state; `null` while it is in contact. */
  readonly stale: Date | null;
  /** Revision of the state that this replica knows. */
  readonly revision: number;
  /** Milliseconds for which this replica may still trust its state without asking; `Infinity` without Redis. */
  readonly lease: number;
  /** What is wrong, in words; `null` if nothing is. */
  readonly error: string | null;
  /**
   * Milliseconds by which the clock of this machine is ahead of the store's clock, which decides when maintenance ends; negative:
   * behind.
   */
  readonly clockSkew: number;
}

/** Where messages for operators go. */
export interface StateLog {
  log(message: string): void;
  warn(message: string): void;
}

/** Milliseconds that the clock of this machine may be off without a warning. */
const MOST_SKEW = 5_000;

const HOLDS = 'The last known state still applies.';
/** How many different causes are logged during one outage: enough for any real one. */
const MOST_CAUSES = 20;

/** Whether this replica is in contact with the store; each cause of an outage is logged once, until contact is restored. */
export class StoreHealth {
  /** Emits when contact with the store is lost or restored. */
  readonly changes = new Subject<MaintenanceHealth>();
  private since: Date | null = null;
  private lostAt = Infinity;
  private error: string | null = null;
  private readonly told = new Set<string>();
  private skewed = false;
  private readonly warnings: LogThrottle;

  constructor(
    private readonly log: StateLog,
    private readonly view: StateView,
    private readonly lease: ReplicaLease,
    private readonly clockSkew: () => number,
  ) {
    this.warnings = new LogThrottle((message) => log.warn(message));
  }

  health(): MaintenanceHealth {
    return {
      up: this.error === null,
      stale: this.since,
      revision: this.view.snapshot.revision,
      lease: this.lease.left(),
      clockSkew: this.clockSkew(),
      error: this.error,
    };
  }

  /** Milliseconds since contact was lost; 0 while it is not. */
  lostFor(): number {
    return Math.max(0, performance.now() - this.lostAt);
  }

  /** The store did not answer. */
  lost(error: unknown): void {
    const message = messageOf(error);
    const said = this.error === null ? 'Lost contact with' : 'Still no contact with';
    this.fail(message, rootOf(error), `${said} the maintenance store: ${message}`);
  }

  /** The store answered, but does not accept this replica's presence: others cannot see it. */
  refused(reason: string): void {
    this.fail(
      `The store refuses this replica's presence: ${reason}`,
      reason,
      `No contact with the maintenance store, which refuses this replica's presence: ${reason}`,
    );
  }

  /** The store answered with something that cannot be read, and that stays there. */
  unreadable(problem: string): void {
    this.fail(problem, problem, problem);
  }

  /** Logged once, until the store is well again, and at most once a minute: a store that evicts entries loses some all the time. */
  warn(warning: string): void {
    this.tell(warning, warning, (line) => this.warnings.write(warning, line));
  }

  /** The store has what it had lost. */
  restored(): void {
    this.warnings.write('restored', 'The last known maintenance state was written back.');
  }

  found(): void {
    this.watchClock();
    this.told.clear();
    if (this.error === null) {
      return;
    }
    this.error = null;
    this.since = null;
    this.lostAt = Infinity;
    this.log.log('Contact with the maintenance store is restored.');
    byItself(() => this.changes.next(this.health()));
  }

  /** Once, until the clocks agree again. */
  private watchClock(): void {
    const clockSkew = this.clockSkew();
    const skewed = Math.abs(clockSkew) > MOST_SKEW;
    if (skewed && !this.skewed) {
      const seconds = Math.round(Math.abs(clockSkew) / 1_000);
      this.log.warn(
        `The clock of this machine is ${seconds} s ${clockSkew > 0 ? 'ahead of' : 'behind'} that of the maintenance store, which decides when maintenance ends: times that this machine shows or logs are off by as much.`,
      );
    }
    this.skewed = skewed;
  }

  private fail(error: string, cause: string, line: string): void {
    const first = this.error === null;
    this.error = error;
    this.since ??= new Date();
    this.tell(cause, line);
    if (first) {
      this.lostAt = performance.now();
      byItself(() => this.changes.next(this.health()));
    }
  }

  /** @param cause logged once; differences in the attempted command, or in figures such as ports or milliseconds, do not make it another cause */
  private tell(cause: string, line: string, write = (text: string) => this.log.warn(text)): void {
    const kind = cause.replace(/\(\w+\)/g, '').replace(/\d+/g, '0');
    if (!this.told.has(kind) && this.told.size < MOST_CAUSES) {
      this.told.add(kind);
      write(`${line.replace(/([^.;])$/, '$1.')} ${HOLDS}`);
    }
  }
}

/** The root cause of a failure, whatever was attempted. */
function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) {
    root = root.cause;
  }
  return messageOf(root);
}
