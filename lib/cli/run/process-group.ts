import { readdirSync, readFileSync } from 'node:fs';
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
  } catch {
    return false;
  }
  return !isDead(leader);
}

/**
 * Whether its processes are all dead, but still listed: nobody collects those whose parents are gone where we are the first process of
 * a container. Only Linux says so.
 */
function isDead(leader: number): boolean {
  const isAlive = (pid: string | number): boolean => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(group) === leader && !'ZX'.includes(state);
    } catch {
      return false;
    }
  };
  try {
    return !isAlive(leader) && !readdirSync('/proc').some((name) => /^\d+$/.test(name) && isAlive(name));
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
