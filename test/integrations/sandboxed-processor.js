import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

// BullMQ takes what a file of a processor exports by default
// oxlint-disable-next-line import/no-default-export
export default async (/** @type {{ data: { ms?: number, gate?: string } }} */ job) => {
  const { ms = 0, gate } = job.data;
  await delay(ms);
  const isOpen = () => gate === undefined || existsSync(gate);
  while (!isOpen()) {
    await delay(20);
  }
};
