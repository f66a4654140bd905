import { PROGRESS_INTERVAL } from '../state/progress-watch.js';
import type { StateManager } from '../state/state-manager.js';
import { LengthEstimate } from './estimate.js';
import type { MaintenanceProgressOptions, MaintenanceProgressValue } from './maintenance-progress.js';
import { parseProgress, type ProgressReport } from './parse-progress.js';

/** Tells others how far the work of a hold is, at most once a second: the last report counts. */
export class ProgressReporter {
  private readonly estimate: LengthEstimate;
  private readonly since: number;
  private report: ProgressReport | undefined;
  private timer: NodeJS.Timeout | undefined;
  private last = -Infinity;
  private ended = false;

  /** @param expected ms, if anybody has said */
  constructor(
    private readonly manager: StateManager,
    private readonly hold: string,
    expected: number | undefined,
  ) {
    this.since = manager.store.now();
    this.estimate = new LengthEstimate(expected);
  }

  /** @throws MaintenanceConfigurationError */
  tell(value: MaintenanceProgressValue, options?: MaintenanceProgressOptions): void {
    this.report = parseProgress(value, options);
    this.schedule();
  }

  /** The hold has ended, or is about to: nothing more is reported. */
  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.manager.progress.forget(this.hold);
  }

  private schedule(): void {
    if (this.ended || this.timer) {
      return;
    }
    const wait = this.last + PROGRESS_INTERVAL - performance.now();
    if (wait <= 0) {
      void this.send();
    } else {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        void this.send();
      }, wait).unref();
    }
  }

  private async send(): Promise<void> {
    const { report, manager, since } = this;
    if (!report || this.ended) {
      return;
    }
    this.last = performance.now();
    const now = manager.store.now();
    const length = this.estimate.after(report.value, now - since);
    const { remaining, ...facts } = report;
    const end = remaining === undefined ? (length === null ? null : since + length) : now + remaining;
    try {
      await manager.progress.report(this.hold, {
        ...facts,
        end: end === null ? null : Math.round(end),
        at: now,
      });
    } catch {
      // nobody waits for it: the last report is sent again
      this.schedule();
    }
  }
}
