import { Subject } from 'rxjs';
import { MaintenanceError } from '../errors/errors.js';
import { nextOrTimeout } from './next-or-timeout.js';

/** Tells those who wait for a lock or for other replicas to look again. */
export class Notifier {
  private readonly calls = new Subject<void>();
  private count = 0;
  private stopped = false;

  /** Taken before a look, so that a call that comes during it is not missed. */
  get mark(): number {
    return this.count;
  }

  call(): void {
    this.count++;
    this.calls.next();
  }

  /**
   * Waits for a call since the mark was taken, at most so many ms; settles early when the signal aborts.
   * @throws MaintenanceError when nobody will call any more
   */
  async wait(mark: number, timeout: number, signal?: AbortSignal): Promise<void> {
    if (this.stopped) {
      throw new MaintenanceError('The application has shut down.');
    }
    if (this.count === mark) {
      await nextOrTimeout(this.calls, timeout, signal);
    }
  }

  stop(): void {
    this.stopped = true;
    this.calls.complete();
  }
}
