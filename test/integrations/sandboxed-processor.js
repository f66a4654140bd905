import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

// BullMQ takes what a file of a processor exports by default
// oxlint-disable-next-line import/no-default-export
export default async (/** @type {{ data: { ms?: number, gate?: string } }} */ job) => {
  const { ms = 0, gate } = job.data;
  await delay(ms);
  // until that file is there
  while (gate && (await access(gate).catch(() => 'closed'))) {
    await delay(20);
  }
};
