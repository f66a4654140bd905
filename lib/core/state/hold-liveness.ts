import type { HoldRecord, KeyRecord } from '../document/record.js';
import { leaseOfHold } from '../store/leases.js';

/** Which holds somebody still renews. */
export class HoldLiveness {
  private leases: ReadonlySet<string> = new Set();
  /** Holds that this process renews itself. */
  private readonly own = new Set<string>();

  /** @param judgesLeaseOf can a missing lease of that owner be seen from here */
  constructor(private readonly judgesLeaseOf: (owner: string) => boolean) {}

  readonly isLive = (hold: HoldRecord): boolean =>
    this.own.has(hold.id) || this.leases.has(leaseOfHold(hold.id)) || !this.judgesLeaseOf(hold.owner);

  /** This process renews that hold itself, until the returned function is called. */
  holding(id: string): () => void {
    this.own.add(id);
    return () => this.own.delete(id);
  }

  /** Was the lease of that name alive when the store was last read. */
  has(name: string): boolean {
    return this.leases.has(name);
  }

  /**
   * @param leases those that are alive
   * @returns whether that says something new of a hold of these records
   */
  take(leases: ReadonlySet<string>, records: Iterable<KeyRecord>): boolean {
    const before = this.leases;
    this.leases = leases;
    return (
      leases !== before &&
      [...records].some(({ holds }) =>
        holds.some(({ id }) => leases.has(leaseOfHold(id)) !== before.has(leaseOfHold(id))),
      )
    );
  }
}
