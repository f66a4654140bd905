import { setTimeout as delay } from 'node:timers/promises';

// BullMQ takes what a file of a processor exports by default
// oxlint-disable-next-line import/no-default-export
export default async (/** @type {{ data: { ms: number } }} */ job) => {
  await delay(job.data.ms);
};
