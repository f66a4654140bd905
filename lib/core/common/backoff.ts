/** Milliseconds before the second attempt after a failure, and at most between two attempts. */
const FIRST = 1_000;
const MOST = 30_000;

/** Milliseconds to wait after that many failures in a row: 1, 2, 4 … at most 30 s. */
export const retryDelay = (failures: number): number =>
  Math.min(FIRST * 2 ** Math.min(Math.max(0, failures - 1), 20), MOST);

/** Spaces attempts at something that keeps failing; the first is always due. */
export class Backoff {
  private failures = 0;
  private next = -Infinity;

  get due(): boolean {
    return performance.now() >= this.next;
  }

  failed(): void {
    // a timer may fire slightly early
    this.next = performance.now() + retryDelay(++this.failures) * 0.95;
  }

  succeeded(): void {
    this.failures = 0;
    this.next = -Infinity;
  }
}
