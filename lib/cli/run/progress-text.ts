import type {
  MaintenanceProgressOptions,
  MaintenanceProgressValue,
} from '../../core/progress/maintenance-progress.js';
import { usage } from '../exit.js';

/** How far a command is, as it reports it. */
export interface ProgressNote {
  readonly value: MaintenanceProgressValue;
  readonly options: MaintenanceProgressOptions;
}

const LINE = /^(\S+)(?:\s+(.*))?$/s;

/** `40`, `40%` or `12/340`. @throws CliError */
export function parseProgressValue(text: string): MaintenanceProgressValue {
  const [, done, total] = /^(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (done !== undefined && total !== undefined && Number(done) < Infinity && Number(total) < Infinity) {
    return { done: Number(done), total: Number(total) };
  }
  const [, percent] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 100) {
    throw usage(
      `progress: ${JSON.stringify(text)} is not a progress value; accepted: a percentage such as 40, or 12/340.`,
    );
  }
  return { percent: Number(percent) };
}

/**
 * A line that a command has written: `40`, or `40 orders`.
 * @returns `undefined` if it is neither
 */
export function parseProgressLine(line: string): ProgressNote | undefined {
  const [, value = '', step] = LINE.exec(line.trim()) ?? [];
  try {
    return { value: parseProgressValue(value), options: step ? { step } : {} };
  } catch {
    return undefined;
  }
}
