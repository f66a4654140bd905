import { randomId } from '../document/codec.js';
import type { StateManager } from '../state/state-manager.js';

/** Milliseconds that somebody who has claimed something may take for it: hooks have five seconds each. */
const CLAIM = 15_000;
/** Milliseconds after which it is asked again for what somebody else has claimed, or the store was away for. */
const AGAIN = 5_000;

/** Something that must be done once, named after what has happened: the same name on every process. */
export interface Occurrence {
  readonly name: string;
  /** Does it still call for it, as far as this process knows. */
  readonly isDue: () => boolean;
  readonly run: () => Promise<void>;
  /** Milliseconds after which nobody sees it any more. Default: well over a month. */
  readonly remembered?: number;
}

/**
 * Does what must be done once in the whole cluster, on whichever live process is first. Every process that sees the
 * occurrence asks for it; whoever dies between beginning and end leaves it to the others. So it is done at least once, and more
 * than once only where a process dies in that very moment, or cannot note it for longer than a claim lasts.
 */
export class OncePerCluster {
  private readonly token = randomId();
  /** Those that are done, or being asked for. */
  private readonly known = new Set<string>();
  /** Those that were done here, and are yet to be noted. */
  private readonly ran = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Under way. */
  private readonly asking = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly manager: StateManager) {}

  /** Never rejects, and may be called as often as the occurrence is seen. */
  see(occurrence: Occurrence): void {
    if (!this.known.has(occurrence.name)) {
      this.known.add(occurrence.name);
      this.begin(occurrence);
    }
  }

  /** Asks for nothing any more. Settles when what has begun is done and noted, so that nobody does it again. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
    await Promise.all(this.asking);
  }

  private begin(occurrence: Occurrence): void {
    const asked = this.ask(occurrence).finally(() => this.asking.delete(asked));
    this.asking.add(asked);
  }

  private async ask(occurrence: Occurrence): Promise<void> {
    const { name, isDue, run, remembered } = occurrence;
    const { ran, manager } = this;
    if (this.stopped || (!ran.has(name) && !isDue())) {
      this.known.delete(name);
      return;
    }
    const { once } = manager.store;
    try {
      if (!ran.has(name)) {
        const outcome = await once.claim(name, this.token, CLAIM, manager.deadline(), remembered);
        if (outcome === 'done') {
          return;
        }
        if (outcome === 'granted') {
          await run();
          ran.add(name);
        }
      }
      if (ran.has(name)) {
        await once.finish(name, this.token, manager.deadline(), remembered);
        ran.delete(name);
        return;
      }
    } catch {
      // the store is away: what was done here still has to be noted; anything else is done by the next process that is granted it
    }
    this.later(occurrence);
  }

  private later(occurrence: Occurrence): void {
    if (!this.stopped) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.begin(occurrence);
      }, AGAIN).unref();
      this.timers.add(timer);
    }
  }
}
