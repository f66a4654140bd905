import { setTimeout as delay } from 'node:timers/promises';
import { liveParts } from '../../core/document/record.js';
import type { StateManager } from '../../core/state/state-manager.js';

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 100;

/** Retries for a while, before the process ends, what the store did not accept at once: otherwise the key stays on. */
export async function untilLeft(
  manager: StateManager,
  key: string,
  patience: number,
  error: (message: string) => void,
): Promise<void> {
  const isHeld = (): boolean => {
    const record = manager.document?.keys.get(key);
    // one that has ended by itself keeps nothing on
    const holds = record ? liveParts(record, manager.store.now()).holds : [];
    return holds.some(({ owner }) => owner === manager.replica.id);
  };
  const until = performance.now() + patience;
  while (isHeld() && performance.now() < until) {
    await delay(LOOK_INTERVAL);
  }
  if (isHeld()) {
    error(
      `"${key}" could not be opened because Redis is unreachable or refuses writes. Open it with: off ${key} --force`,
    );
  }
}
