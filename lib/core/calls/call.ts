/** A key that a call has entered with `maintain()` and not left. */
export interface HeldKey {
  /** Name of the key. */
  readonly key: string;
  /** Id of the hold, which is also the token of its leases. */
  readonly hold: string;
  /** Whether it has the key's lock. */
  readonly locked: boolean;
}

/** Something in progress: a handler's call, work under `whileOpen()`, the work of a `maintain()`. */
export class Call {
  /** It has not settled. */
  running = true;
  /** How many waits for others it is in: nobody waits for it meanwhile. */
  waits = 0;
  /** Monotonic moment at which the last of these was over. */
  waitedUntil: number | undefined = undefined;
  private held: Set<HeldKey> | undefined = undefined;

  /**
   * @param parent the call it was started in
   * @param subject what it serves, if that identifies it to the application: its request, or its reply
   */
  constructor(
    public parent: Call | undefined = undefined,
    public subject: unknown = undefined,
  ) {}

  /** Drains count it. */
  get isOngoing(): boolean {
    return this.running;
  }

  /** The keys that it entered itself. */
  get holds(): Iterable<HeldKey> {
    return this.held ?? NONE;
  }

  /** Whether a drain that began at that moment waits for this call. */
  isAwaitedSince(moment: number): boolean {
    return this.isOngoing && this.waits === 0 && (this.waitedUntil ?? -Infinity) < moment;
  }

  /** @returns to be called when the key was left */
  holding(held: HeldKey): () => void {
    (this.held ??= new Set()).add(held);
    return () => this.held?.delete(held);
  }
}

const NONE: readonly HeldKey[] = [];

/** A call and all those that it was started in, innermost first. */
export function* callChain(call: Call | undefined): Generator<Call> {
  for (let at = call; at; at = at.parent) {
    yield at;
  }
}

/** All keys that a call, or one it was started in, has entered. */
export function heldBy(call: Call | undefined): HeldKey[] {
  const held: HeldKey[] = [];
  for (const { holds } of callChain(call)) {
    held.push(...holds);
  }
  return held;
}
