import type { HoldRecord, KeyRecord } from '../document/record.js';
import { leaseOfHold } from '../store/leases.js';

/** Which holds are still renewed. */
export class HoldLiveness {
  private leases: ReadonlySet<string> = new Set();
  /** Holds written since the leases were last read, by when that was heard. Their writers have the leases. */
  private fresh = new Map<string, number>();
  private count = 0;
  /** Holds that this process renews itself. */
  private readonly own = new Set<string>();

  /**
   * @param clustered whether the store shows the leases of every replica
   * @param isLocal whether it shows those of that replica in any case; those of others cannot be judged
   */
  constructor(
    private readonly clustered: boolean,
    private readonly isLocal: (replica: string) => boolean = () => false,
  ) {}

  readonly isLive = (hold: HoldRecord): boolean =>
    this.own.has(hold.id) ||
    this.fresh.has(hold.id) ||
    this.leases.has(leaseOfHold(hold.id)) ||
    !(this.clustered || this.isLocal(hold.owner));

  /** This process renews that hold itself, until the returned function is called. */
  holding(id: string): () => void {
    this.own.add(id);
    return () => this.own.delete(id);
  }

  /** Whether the lease of that name was alive when the store was last read. */
  has(name: string): boolean {
    return this.leases.has(name);
  }

  /** A record was just written by another process. @param before the record that it replaces */
  heard({ holds }: KeyRecord, before: KeyRecord | undefined): void {
    const known = new Set(before?.holds.map(({ id }) => id));
    holds.filter(({ id }) => !known.has(id)).forEach(({ id }) => this.fresh.set(id, ++this.count));
  }

  /** Taken before the leases are read, which need not include those of holds that are heard of meanwhile. */
  get mark(): number {
    return this.count;
  }

  /**
   * @param leases those that are alive
   * @param mark as it was when they were requested
   * @returns whether that changes a hold of these records
   */
  take(leases: ReadonlySet<string>, records: Iterable<KeyRecord>, mark = this.count): boolean {
    if (leases === this.leases && this.fresh.size === 0) {
      return false;
    }
    const holds = [...records].flatMap((record) => record.holds);
    const before = holds.map(this.isLive);
    this.leases = leases;
    this.fresh = new Map([...this.fresh].filter(([, heard]) => heard > mark));
    return holds.some((hold, i) => this.isLive(hold) !== before[i]);
  }
}
