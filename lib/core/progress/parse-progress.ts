import { describeValue, MaintenanceConfigurationError } from '../errors/errors.js';
import { checkFlag, checkOptionNames, millisecondsOption } from '../service/call-options.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import { visitorTextOption } from '../texts/text-option.js';
import type { MaintenanceProgressOptions, MaintenanceProgressValue } from './maintenance-progress.js';

/** A report, checked. */
export interface ProgressReport {
  readonly value: number;
  readonly done: number | null;
  readonly total: number | null;
  readonly step: MaintenanceText | null;
  /** Milliseconds; `undefined`: the work has not said. */
  readonly remaining: number | undefined;
  readonly public: boolean;
}

const ACCEPTED =
  'a fraction from 0 to 1, { done, total } with numbers that are not negative, or { percent } from 0 to 100';

/** @throws MaintenanceConfigurationError */
export function parseProgress(
  given: MaintenanceProgressValue,
  options: MaintenanceProgressOptions = {},
): ProgressReport {
  checkOptionNames('progress', options, ['step', 'remaining', 'public']);
  const { public: isPublic = false } = options;
  checkFlag('public', isPublic);
  return {
    ...parseValue(given),
    step: visitorTextOption('step', options.step),
    remaining: millisecondsOption('remaining', options.remaining),
    public: isPublic,
  };
}

function parseValue(given: unknown): Pick<ProgressReport, 'value' | 'done' | 'total'> {
  const none = { done: null, total: null };
  if (isBetween(given, 1)) {
    return { value: given, ...none };
  }
  const { done, total, percent, ...others } = (given ?? {}) as Record<string, unknown>;
  if (typeof given === 'object' && Object.keys(others).length === 0) {
    if (percent === undefined && isBetween(done, Infinity) && isBetween(total, Infinity)) {
      // more may be done than was expected, and there may be nothing to do
      return { value: total === 0 ? 1 : Math.min(1, done / total), done, total };
    }
    if (done === undefined && total === undefined && isBetween(percent, 100)) {
      return { value: percent / 100, ...none };
    }
  }
  throw MaintenanceConfigurationError.of('progress', given, ACCEPTED, describeGiven);
}

const describeGiven = (given: unknown): string =>
  typeof given === 'object' && given !== null && !Array.isArray(given)
    ? `{ ${Object.entries(given)
        .map(([name, value]) => `${name}: ${describeValue(value)}`)
        .join(', ')} }`
    : describeValue(given);

const isBetween = (value: unknown, most: number): value is number =>
  typeof value === 'number' && value >= 0 && value <= most && value < Infinity;
