import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { atRest } from './scale-at-rest.js';
import { crowd } from './scale-crowd.js';
import { jobs } from './scale-jobs.js';

/** What many keys and many replicas cost. */
export async function scale(report: Report, effort: Effort): Promise<void> {
  await crowd(report, effort);
  await jobs(report, effort);
  await atRest(report, effort);
}
