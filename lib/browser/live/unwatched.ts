import type { PushListener } from '../../client/connection-options.js';
import type { SocketPush } from '../../client/socket-push.js';

/** Ms for which nobody looks at a page: a page that is left is hidden, too, for a moment. */
const UNWATCHED = 5_000;

/**
 * Where no WebSocket gets through, each page holds one of the six connections that a browser makes to a host. A page that nobody looks
 * at gives it back, or the seventh could not even be loaded; when somebody looks, it asks the ping endpoint and connects again.
 */
export const restUnwatched =
  (open: (listener: PushListener) => SocketPush) =>
  (listener: PushListener): SocketPush => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const push = open({
      ...listener,
      opened() {
        listener.opened();
        plan();
      },
    });
    function plan(): void {
      clearTimeout(timer);
      if (document.hidden) {
        timer = setTimeout(push.rest, UNWATCHED);
      }
    }
    addEventListener('visibilitychange', plan);
    return push;
  };
