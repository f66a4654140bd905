/** How many of the latest observations count. */
const REMEMBERED = 8;
/** Milliseconds to the store and back from which it is worth while to set out before the wake-up. */
const FAR = 4;
/** Milliseconds that a look should arrive after the last report. */
const SLACK = 1;

/**
 * When the last report of the others is expected at a store that is far away, so that a look arrives there just after it. To wait
 * for the wake-up, and look then, takes a way there and back more.
 */
export class ReportTiming {
  /** Milliseconds of the latest looks. */
  private readonly ways: number[] = [];
  /** Milliseconds from a write until the wake-up. */
  private readonly waits: number[] = [];

  /** A look took so long. */
  looked(ms: number): void {
    remember(this.ways, ms);
  }

  /** The wake-up came so long after the write was confirmed. */
  woken(ms: number): void {
    remember(this.waits, ms);
  }

  /** Milliseconds after a write is confirmed, at which to look; `undefined`: when the wake-up comes. */
  get next(): number | undefined {
    const { ways, waits } = this;
    const way = Math.min(...ways);
    return waits.length < REMEMBERED || way < FAR ? undefined : Math.max(0, Math.max(...waits) - way + SLACK);
  }
}

function remember(values: number[], value: number): void {
  values.push(value);
  if (values.length > REMEMBERED) {
    values.shift();
  }
}
