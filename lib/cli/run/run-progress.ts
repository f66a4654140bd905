import { parseProgress } from '../../core/progress/parse-progress.js';
import { percentOf } from '../../core/progress/percent.js';
import { mainText } from '../../core/texts/maintenance-text.js';
import type { Maintenance } from '../../core/service/maintenance.js';
import { plain, type Output } from '../output.js';
import { parseProgressLine, type ProgressNote } from './progress-text.js';

/** Passes on how far the command is, reported by the command line or by its file descriptor. */
export class RunProgress {
  private held: Maintenance | undefined;
  private shown = '';
  private warned = false;

  constructor(
    private readonly key: string,
    private readonly isPublic: boolean,
    private readonly out: Output,
  ) {}

  /** From now on there is a command. */
  attach(held: Maintenance): void {
    this.held = held;
  }

  /** @throws MaintenanceConfigurationError if it is invalid */
  readonly take = ({ value, options }: ProgressNote): void => {
    const report = parseProgress(value, options);
    this.held?.progress(value, { public: this.isPublic, ...options });
    const { done, total } = report;
    const far = done === null ? `${percentOf(report.value)} %` : `${done} of ${total}`;
    const said = `${this.key}: ${far} ${plain(mainText(report.step) ?? '')}`.trimEnd();
    if (said !== this.shown) {
      this.shown = said;
      this.out.remark(said);
    }
  };

  /** A line that it has written to its file descriptor. */
  readonly takeLine = (line: string): void => {
    const note = parseProgressLine(line);
    if (note) {
      this.take(note);
    } else if (!this.warned) {
      this.warned = true;
      this.out.warn(
        `The command wrote ${JSON.stringify(plain(line).slice(0, 100))} to the file descriptor for progress; accepted: lines such as "40 orders" or "12/340".`,
      );
    }
  };
}
