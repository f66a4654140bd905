import { MINUTE } from '../keys/durations.js';

/** How many different causes of one kind are logged per minute: the text of an error may be different each time. */
const CAUSES = 5;

interface Kind {
  /** On the monotonic clock. */
  until: number;
  readonly causes: Set<string>;
  /** Lines that were left out. */
  dropped: number;
}

/** Logs what may go wrong with every request: each cause once a minute, and few causes of one kind. */
export class LogThrottle {
  private readonly kinds = new Map<string, Kind>();

  constructor(private readonly log: (message: string) => void) {}

  /** @param kind one of a limited number */
  write(kind: string, message: string): void {
    const now = performance.now();
    const known = this.kinds.get(kind);
    if (!known || known.until <= now) {
      const before = known?.dropped ?? 0;
      this.kinds.set(kind, { until: now + MINUTE, causes: new Set([message]), dropped: 0 });
      this.log(before > 0 ? `${message} (${before} more like this were not logged)` : message);
    } else if (known.causes.has(message) || known.causes.size >= CAUSES) {
      known.dropped++;
    } else {
      known.causes.add(message);
      this.log(message);
    }
  }
}
