import type { StateManager } from '../state/state-manager.js';

/** Milliseconds between two checks whether something still runs after the process was asked to end. */
const LOOK_INTERVAL = 50;

/**
 * Whoever drains waits for a process until nothing runs in it any more, also when it was told to end: a handler may outlive its
 * server. Ending does not wait for that, nor does it keep the process alive.
 * @param isBusy does anything run
 * @param leave takes it off the list; called at once, or when nothing runs any more
 */
export async function leaveWhenIdle(
  { store }: Pick<StateManager, 'store'>,
  isBusy: () => boolean,
  leave: () => Promise<void>,
): Promise<void> {
  if (!store.clustered || !isBusy()) {
    await leave();
    return;
  }
  store.detach();
  const look = setInterval(() => {
    if (!isBusy()) {
      clearInterval(look);
      leave().catch(() => undefined);
    }
  }, LOOK_INTERVAL).unref();
}
