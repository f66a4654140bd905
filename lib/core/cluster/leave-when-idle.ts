import type { StateManager } from '../state/state-manager.js';

/** Milliseconds between two checks whether something is still running after the process was asked to end. */
const LOOK_INTERVAL = 50;

/**
 * Drains wait for a process until nothing runs in it, even after it was asked to end: a handler may outlive its server. So may work
 * that keeps a lock, and opens its key when it ends. The shutdown does not wait for that, and the timer does not keep the process alive.
 * @param isBusy does anything run that others wait for
 * @param leave takes it off the list; called at once, or when nothing runs any more, after its lease was resigned
 */
export async function leaveWhenIdle(
  { store, lease }: Pick<StateManager, 'store' | 'lease'>,
  isBusy: () => boolean,
  leave: () => Promise<void>,
): Promise<void> {
  const resign = (): Promise<void> => {
    lease.resign();
    return leave();
  };
  if (!isBusy()) {
    await resign();
    return;
  }
  store.detach();
  const look = setInterval(() => {
    if (!isBusy()) {
      clearInterval(look);
      resign().catch(() => undefined);
    }
  }, LOOK_INTERVAL).unref();
}
