import { Subject } from 'rxjs';
import { MaintenanceError } from '../errors/errors.js';
import { nextOrTimeout } from './next-or-timeout.js';

/** Notifies those who wait for a lock or for other replicas to look again. */
export class Notifier {
  private readonly calls = new Subject<void>();
  private count = 0;
  private stopped = false;

  /** Read before a look, so that a call during it is not missed. */
  get mark(): number {
    return this.count;
  }

  call(): void {
    this.count++;
    this.calls.next();
  }

  /**
   * Waits for a call since the mark was read, at most this many ms; settles early if the signal aborts.
   * @throws MaintenanceError if nobody will call any more
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
