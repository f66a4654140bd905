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

  /** It must not write any more; nor must what it has begun. */
  isRevoked = false;
  /** The call it was started in, if it is a part of that. */
  parent: Call | undefined;

  /**
   * @param around the call it is started in
   * @param subject what it serves, if that identifies it to the application: its request, or its reply
   */
  constructor(
    around: Call | undefined = undefined,
    public subject: unknown = undefined,
  ) {
    this.parent = around && partOf(around);
  }

  /** Drains count it. */
  get isOngoing(): boolean {
    return this.running;
  }

  /** It still means something to what it has begun. */
  get matters(): boolean {
    return this.isOngoing || (this.held?.size ?? 0) > 0;
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

/**
 * What something that begins inside a call is a part of: the call itself, unless it is over, or what that is a part of. Calls that
 * are over are left out of the chain, too: what begins again and again inside itself would have an endless one.
 */
export function partOf(around: Call): Call | undefined {
  let found: Call | undefined = around;
  while (found && !found.matters) {
    found = found.parent;
  }
  for (let at = found; at; at = at.parent) {
    while (at.parent && !at.parent.matters && !at.parent.isRevoked) {
      at.parent = at.parent.parent;
    }
  }
  return found;
}

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
