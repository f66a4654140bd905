/** How far the store's list of replicas can be trusted. On the monotonic clock. */
export class ListConfidence {
  private unknownUntil = -Infinity;
  private newcomersUnknownUntil = -Infinity;
  /** The list on which this replica has put itself and those it remembers. */
  told: string | undefined;

  /** @param lease milliseconds after which a replica that was there before is listed again, or admits nothing */
  constructor(private readonly lease: number) {}

  /** Whether every live replica is known to the store, as far as can be seen from here. */
  get seesAll(): boolean {
    return performance.now() >= this.unknownUntil;
  }

  /**
   * The same for a store that had only just started when this replica connected: what others have written there, and who they
   * were, may be lost. It matters while requests might still be admitted, not for replicas that have acknowledged a change.
   */
  get knowsAll(): boolean {
    return this.seesAll && performance.now() >= this.newcomersUnknownUntil;
  }

  /** The store may have forgotten who was there. */
  forgot(): void {
    this.unknownUntil = performance.now() + this.lease;
  }

  /** The store itself says for how many milliseconds its list may be incomplete. */
  unsure(ms: number): void {
    this.newcomersUnknownUntil = performance.now() + ms;
  }
}
