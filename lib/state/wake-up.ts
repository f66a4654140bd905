import { Subject } from 'rxjs';
import { nextOrTimeout } from './waiting.js';

/** Tells those who wait for a lock or for other replicas to look again. */
export class WakeUp {
  private readonly calls = new Subject<void>();
  private count = 0;

  /** Taken before a look, so that a call that comes during it is not missed. */
  get mark(): number {
    return this.count;
  }

  call(): void {
    this.count++;
    this.calls.next();
  }

  /** Waits for a call since the mark was taken, at most so many ms; settles early when the signal aborts. */
  async wait(mark: number, timeout: number, signal?: AbortSignal): Promise<void> {
    if (this.count === mark) {
      await nextOrTimeout(this.calls, timeout, signal);
    }
  }

  stop(): void {
    this.calls.complete();
  }
}
