import type { StateManager } from '../state/state-manager.js';

/** Milliseconds between two checks whether something is still running after the process was asked to end. */
const LOOK_INTERVAL = 50;

/**
 * Drains wait for a process until nothing runs in it, even after it was asked to end: a handler may outlive its server. The
 * shutdown does not wait for that, and the timer does not keep the process alive.
 * @param isBusy does anything run
 * @param leave takes it off the list; called at once, or when nothing runs any more
 */
export async function leaveWhenIdle(
  { store, lease }: Pick<StateManager, 'store' | 'lease'>,
  isBusy: () => boolean,
  leave: () => Promise<void>,
): Promise<void> {
  if (!store.clustered || !isBusy()) {
    lease.resign();
    await leave();
    return;
  }
  store.detach();
  const look = setInterval(() => {
    if (!isBusy()) {
      clearInterval(look);
      lease.resign();
      leave().catch(() => undefined);
    }
  }, LOOK_INTERVAL).unref();
}
