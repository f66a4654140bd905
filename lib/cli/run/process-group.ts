import { setTimeout as delay } from 'node:timers/promises';
import { monotonic } from './monotonic.js';

/** Milliseconds between two looks whether all of a group are gone. */
const LOOK_INTERVAL = 25;
/** Milliseconds that processes take to disappear which were killed. */
const DISAPPEARS = 1_000;

/** Sends a signal to all processes of a group; nothing happens where there are none any more. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // gone
  }
}

/** Is anything left of it. */
export function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends all processes of a group: asks them, and kills what is left at the latest at that moment. Settles when nothing is left.
 * @param latest on the monotonic clock; may be moved while it waits
 */
export async function endGroup(leader: number, latest: () => number): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  // what is stopped hears of it only when it goes on
  signalGroup(leader, 'SIGCONT');
  while (groupLives(leader) && monotonic() < latest()) {
    await delay(Math.max(1, Math.min(LOOK_INTERVAL, latest() - monotonic())));
  }
  signalGroup(leader, 'SIGKILL');
  const given = monotonic() + DISAPPEARS;
  while (groupLives(leader) && monotonic() < given) {
    await delay(LOOK_INTERVAL);
  }
}
