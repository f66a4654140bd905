import { filter, Subject } from 'rxjs';
import { MaintenanceError } from '../errors/errors.js';
import { nextOrTimeout } from './next-or-timeout.js';

/** Calls that are remembered, for those who looked meanwhile. */
const REMEMBERED = 64;

/** Notifies those who wait for a lock or for other replicas to look again. */
export class Notifier {
  private readonly calls = new Subject<number>();
  /** What the last calls were about, the newest last. */
  private readonly last: number[] = [];
  private count = 0;
  private stopped = false;

  /** Read before a look, so that a call during it is not missed. */
  get mark(): number {
    return this.count;
  }

  /** @param reached the revision that all replicas have applied now, if nothing else has happened */
  call(reached = Infinity): void {
    this.count++;
    this.last.push(reached);
    if (this.last.length > REMEMBERED) {
      this.last.shift();
    }
    this.calls.next(reached);
  }

  /**
   * Waits for a call since the mark was read, at most this many ms; settles early if the signal aborts.
   * @param needed the revision that replicas are waited for; `Infinity`: none, so that what they have applied does not matter
   * @returns whether there was one
   * @throws MaintenanceError if nobody will call any more
   */
  async wait(mark: number, timeout: number, signal?: AbortSignal, needed = 0): Promise<boolean> {
    if (this.stopped) {
      throw new MaintenanceError('The application has shut down.');
    }
    return (
      this.hasCalled(this.count - mark, needed) ||
      nextOrTimeout(this.calls.pipe(filter((reached) => reached >= needed)), timeout, signal)
    );
  }

  /** Whether one of the last calls was for somebody who needs that revision. */
  private hasCalled(times: number, needed: number): boolean {
    const { last } = this;
    return times > last.length || last.slice(last.length - times).some((reached) => reached >= needed);
  }

  stop(): void {
    this.stopped = true;
    this.calls.complete();
  }
}
