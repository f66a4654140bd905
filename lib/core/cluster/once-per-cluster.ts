import { RecentNames } from '../common/recent-names.js';
import { randomId } from '../document/codec.js';
import { HOUR, WEEK } from '../keys/durations.js';
import type { StateManager } from '../state/state-manager.js';

/** Milliseconds that a claim lasts: hooks have five seconds each. */
const CLAIM = 15_000;
/** Milliseconds after which it asks again, if somebody else has the claim or the store was unreachable. */
const AGAIN = 5_000;
/** Milliseconds after which it records again what was done here: until then it is done twice if this process dies. */
const RECORD_AGAIN = 500;
/** Milliseconds after which it asks again about what keeps coming up: the store forgets what nobody asks about. */
const CONFIRM_AGAIN = WEEK;

/** Something that must be done once, named after the event: the same name on every process. */
export interface Occurrence {
  readonly name: string;
  /** Whether it still applies, as far as this process knows. */
  readonly isDue: () => boolean;
  /** The same, by what the store says. */
  readonly isTrue?: () => Promise<boolean>;
  readonly run: () => Promise<void>;
  /** Milliseconds after which no process sees it any more. Default: well over a month. */
  readonly remembered?: number;
}

/**
 * Does what must be done once in the whole cluster, on whichever live process is first. Every process that sees the event claims
 * it; if the claimant dies before the end, another one takes over. So it is done at least once, and more than once only if a
 * process dies before it has recorded it, or cannot record it for longer than a claim lasts.
 */
export class OncePerCluster {
  private readonly token = randomId();
  /** Those that came up lately. The store remembers for longer. */
  private readonly known = new RecentNames(HOUR, CONFIRM_AGAIN);
  /** Those that are being claimed, or yet to be recorded. */
  private readonly begun = new Set<string>();
  /** Those that were done here, but are not recorded yet. */
  private readonly ran = new Map<string, Occurrence>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** In progress. */
  private readonly asking = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly manager: StateManager) {}

  /** Never rejects, and may be called as often as the event is seen. */
  see(occurrence: Occurrence): void {
    if (!this.known.see(occurrence.name) && !this.begun.has(occurrence.name)) {
      this.begin(occurrence);
    }
  }

  /** Claims nothing any more. Settles when what has begun is done and recorded, so that nobody repeats it. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
    await Promise.all(this.asking);
    // what could not be recorded so far: one last attempt
    await Promise.allSettled([...this.ran.values()].map((occurrence) => this.record(occurrence)));
  }

  private begin(occurrence: Occurrence): void {
    this.begun.add(occurrence.name);
    const asked = this.attempt(occurrence).finally(() => this.asking.delete(asked));
    this.asking.add(asked);
  }

  private async attempt(occurrence: Occurrence): Promise<void> {
    const again = await this.ask(occurrence);
    if (again === undefined) {
      this.begun.delete(occurrence.name);
    } else {
      this.later(occurrence, again);
    }
  }

  /** @returns ms after which to ask again; `undefined` if it is done, or no longer due */
  private async ask(occurrence: Occurrence): Promise<number | undefined> {
    const { name, isDue, isTrue, run, remembered } = occurrence;
    const { ran, manager } = this;
    if (this.stopped || (!ran.has(name) && !isDue())) {
      this.known.forget(name);
      return undefined;
    }
    const { once } = manager.store;
    try {
      if (!ran.has(name)) {
        const outcome = await once.claim(name, this.token, CLAIM, manager.deadline(), remembered);
        if (outcome === 'done') {
          return undefined;
        }
        if (outcome === 'granted') {
          // somebody may have made it untrue of whom this process, perhaps cut off from the store until now, has not heard yet
          await manager.sync();
          if (!isDue() || (await isTrue?.()) === false) {
            this.known.forget(name);
            return undefined;
          }
          await run();
          ran.set(name, occurrence);
        }
      }
      if (ran.has(name)) {
        await this.record(occurrence);
        return undefined;
      }
    } catch {
      // the store is away: what was done here still has to be recorded; anything else is done by the next process that is granted it
    }
    return ran.has(name) ? RECORD_AGAIN : AGAIN;
  }

  private async record({ name, remembered }: Occurrence): Promise<void> {
    const { manager } = this;
    await manager.store.once.finish(name, this.token, manager.deadline(), remembered);
    this.ran.delete(name);
  }

  private later(occurrence: Occurrence, ms: number): void {
    if (!this.stopped) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.begin(occurrence);
      }, ms).unref();
      this.timers.add(timer);
    }
  }
}
