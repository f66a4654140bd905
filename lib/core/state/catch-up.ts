import type { Observable } from 'rxjs';
import { nextOrTimeout } from '../common/next-or-timeout.js';
import { bounded } from '../store/bounded.js';
import type { ReplicaLease } from './replica-lease.js';
import type { StateSync } from './state-sync.js';
import type { StoreHealth } from './store-health.js';

/** The look at the store before a decision of a replica whose lease has lapsed. */
export class CatchUp {
  /** @param reconnected emits when the store is there again */
  constructor(
    private readonly exchanges: StateSync,
    private readonly lease: ReplicaLease,
    private readonly touch: StoreHealth,
    private readonly reconnected: Observable<void>,
    private readonly commandTimeout: number,
  ) {}

  /** @returns `false` if the lease could not be renewed */
  async look(): Promise<boolean> {
    const deadline = performance.now() + this.commandTimeout;
    do {
      try {
        await bounded('read', this.exchanges.sync(), deadline);
        if (this.lease.over() && this.touch.health().up) {
          // a write of this process came between question and answer
          await bounded('read', this.exchanges.sync(), deadline);
        }
        if (!this.lease.over()) {
          return true;
        }
        // it answers, but refuses this replica or has nothing readable
        break;
      } catch {
        // the connection may just be on its way back, as after a sleep; in an outage nobody waits for it
      }
    } while (
      this.touch.lostFor() < this.commandTimeout &&
      (await nextOrTimeout(this.reconnected, Math.max(0, deadline - performance.now())))
    );
    this.lease.failed();
    return false;
  }
}
