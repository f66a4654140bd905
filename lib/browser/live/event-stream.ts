import type { PushListener } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** A stream of server-sent events that reconnects by itself. */
export interface EventStream {
  /** The server is back: starts over, unless it is open. */
  retry(): void;
  close(): void;
}

/** Milliseconds; the server sends heartbeats more often. */
export const SILENCE = 60_000;
/** Milliseconds until a refused stream is tried again. */
const REFUSED = 10_000;
/** States of an `EventSource`, in fewer bytes than their names. */
const OPEN = 1;
const CLOSED = 2;

/** What is heard of a stream; of the connection by the first status, which the server sends at once. */
export interface StreamListener extends Pick<PushListener, 'lost'> {
  /** @param status `null`: there is nothing new */
  status(status: MaintenanceStatusMessage | null): void;
}

export function createEventStream(url: string, listener: StreamListener): EventStream {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function openIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(open, ms * (0.5 + Math.random()));
  }

  /** Without heartbeats the connection has gone, whatever the browser thinks. */
  function alive(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      listener.lost();
      open();
    }, SILENCE);
  }

  const heard = ({ data }: MessageEvent<string>): void => {
    alive();
    listener.status(data ? (JSON.parse(data) as MaintenanceStatusMessage) : null);
  };

  function open(): void {
    source?.close();
    source = new EventSource(url);
    alive();
    source.addEventListener('alive', heard);
    source.addEventListener('message', heard);
    source.addEventListener('error', ({ target }) => {
      if (target !== source) {
        return;
      }
      listener.lost();
      // otherwise the browser retries by itself
      if (source?.readyState === CLOSED) {
        openIn(REFUSED);
      }
    });
  }

  open();
  return {
    retry() {
      if (source?.readyState !== OPEN) {
        openIn(0);
      }
    },
    close() {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    },
  };
}
