import type { Push, PushListener } from '../../client/connection-options.js';

/**
 * Firefox closes the sockets of a page as soon as it begins to load the next one, which may take long or come to nothing. That
 * says nothing about the server: it is lost only if the socket cannot come back.
 */
export const unlessUnloading =
  (open: (listener: PushListener) => Push) =>
  (listener: PushListener): Push => {
    let unloading = false;
    addEventListener('beforeunload', ({ isTrusted }) => {
      // this script also sends one of its own
      unloading ||= isTrusted;
    });
    const push = open({
      ...listener,
      lost() {
        if (unloading) {
          unloading = false;
          push.retry();
        } else {
          listener.lost();
        }
      },
    });
    return push;
  };
