import { setTimeout as delay } from 'node:timers/promises';
import { monotonic } from './monotonic.js';

/** Milliseconds between two checks whether a whole group is gone. */
const LOOK_INTERVAL = 25;
/** Milliseconds that killed processes take to disappear. */
const DISAPPEARS = 1_000;

/** Sends a signal to all processes of a group; does nothing if there are none left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // gone
  }
}

/** Whether anything is left of it. */
export function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends all processes of a group: asks them, and kills what is left at the given moment at the latest. Settles when nothing is
 * left.
 * @param latest on the monotonic clock; may be moved during the wait
 */
export async function endGroup(leader: number, latest: () => number): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  // a stopped process gets the signal only when it is continued
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
