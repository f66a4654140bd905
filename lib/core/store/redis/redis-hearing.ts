import type { StoreListener } from '../store.js';
import type { RedisIdentity } from './redis-identity.js';
import type { RedisPushes } from './redis-pushes.js';

/** Passes on what a message on the channels means; `undefined`: subscribing has finished (again). */
export const hearing =
  (listener: StoreListener, pushes: RedisPushes, identity: RedisIdentity) =>
  (message: string | undefined): void => {
    if (message === undefined) {
      listener.pushed(undefined);
      return;
    }
    const [woken, reached] = /^a(\d*)$/.exec(message) ?? [];
    if (woken !== undefined) {
      listener.woken(reached ? Number(reached) : undefined);
      return;
    }
    if (message === 'i') {
      identity.doubt();
    }
    if (pushes.isDoubt(message)) {
      listener.doubted?.();
    } else {
      listener.pushed(pushes.read(message));
    }
  };
