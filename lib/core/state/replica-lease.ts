import { hostname } from 'node:os';
import { Subject } from 'rxjs';
import { randomId } from '../document/codec.js';
import type { Member } from '../store/presence.js';
import { LIBRARY_VERSION } from '../version.generated.js';

/** Milliseconds between two heartbeats of a replica, and between two looks at a shared cache; less with a short lease. */
export const HEARTBEAT = 1_000;
/** Default of milliseconds that a replica may be silent before it counts as silent. */
export const REPLICA_LEASE = 3_000;
/** Default of milliseconds of silence after which a replica is presumed dead. */
export const PRESUMED_DEAD = 60_000;
/** Milliseconds that a lock and a hold outlive their holder's last renewal. */
export const LOCK_LEASE = 6_000;

/** The identity of this replica; one per application, even within one process. */
export type Replica = Member;

export const newReplica = ({
  lease = REPLICA_LEASE,
  presumedDead = PRESUMED_DEAD,
}: Partial<Pick<Member, 'lease' | 'presumedDead'>> = {}): Replica => ({
  id: randomId().slice(0, 12),
  host: hostname(),
  pid: process.pid,
  lease,
  presumedDead,
  version: LIBRARY_VERSION,
});

/**
 * The replica's right to trust its snapshot, on the monotonic clock, which goes on while a process is stopped. It begins before
 * the call that renews it and is somewhat shorter than what the store grants, so it ends here first.
 */
export class ReplicaLease {
  /** Emits, before it is renewed, that it had lapsed: others may not have waited for what this replica does. */
  readonly lapses = new Subject<void>();
  private end = -Infinity;
  private retry = -Infinity;
  private resigned = false;

  /**
   * @param required `false`: there are no other writers, or nobody waits for this replica; once the state was read it never lapses
   * @param length ms that the store grants
   */
  constructor(
    private readonly required: boolean,
    private readonly length = REPLICA_LEASE,
  ) {}

  /** Whether a decision must wait for the store. */
  lapsed(): boolean {
    if (this.end === Infinity || this.resigned) {
      return false;
    }
    const now = performance.now();
    return now >= this.end && now >= this.retry;
  }

  /** Whether it is over, even if the store is not to be asked again yet. */
  over(): boolean {
    return performance.now() >= this.end;
  }

  /** Milliseconds left. */
  left(): number {
    return Math.max(0, this.end - performance.now());
  }

  /** Whether this replica has left for good: nothing begins in it, whatever `onStale` says. */
  get isResigned(): boolean {
    return this.resigned;
  }

  /** Nothing runs here, and others are about to learn that: from this tick on nobody waits for this replica. */
  resign(): void {
    if (this.required) {
      this.resigned = true;
      this.end = -Infinity;
    }
  }

  /** @param from monotonic moment before the call that renewed it */
  renew(from: number): void {
    if (this.resigned) {
      return;
    }
    if (this.required) {
      if (this.over()) {
        this.lapses.next();
      }
      this.end = Math.max(this.end, from + this.length * 0.9);
      // it may be over again before the store would have been asked again
      this.retry = -Infinity;
    } else {
      this.end = Infinity;
    }
  }

  /** It was not renewed: the next decisions do not wait for the store again at once. */
  failed(): void {
    this.retry = performance.now() + HEARTBEAT;
  }
}
