import type { Push, PushListener } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { createEventStream, type EventStream } from './event-stream.js';

/** What the page that listens passes on to the others. */
interface News {
  readonly open: boolean;
  readonly status: MaintenanceStatusMessage | null;
}

/** What the others ask it: what it knows, or to try again. */
type Question = 'what' | 'retry';

/**
 * Server-sent events, one stream for all pages of this site in a browser: each would take one of the few connections that a
 * browser makes to a host. Whichever page holds the lock listens and passes on what it hears.
 *
 * @returns `null` where the browser cannot: a page of plain http has no locks
 */
export function pushByStream(url: string): ((listener: PushListener) => Push) | null {
  return 'locks' in navigator && 'BroadcastChannel' in window && 'EventSource' in window
    ? (listener) => share(url, listener)
    : null;
}

function share(url: string, listener: PushListener): Push {
  const name = `maintenance ${url}`;
  const channel = new BroadcastChannel(name);
  const end = new AbortController();
  let known: News = { open: false, status: null };
  let stream: EventStream | undefined;

  function hear(news: News): void {
    const { open, status } = news;
    known = news;
    if (open) {
      listener.opened();
    } else {
      listener.lost();
    }
    if (status) {
      listener.status(status);
    }
  }

  /** Until the page closes. */
  function lead(): Promise<void> {
    const pass = (news: News): void => {
      channel.postMessage(news);
      hear(news);
    };
    stream = createEventStream(url, {
      // known by the first status, which is on its way
      opened: () => undefined,
      lost: () => pass({ ...known, open: false }),
      status: (status) => pass({ open: true, status }),
    });
    return new Promise((resolve) => {
      end.signal.addEventListener('abort', () => {
        stream?.close();
        resolve();
      });
    });
  }

  channel.addEventListener('message', ({ data }: MessageEvent<News | Question>) => {
    if (typeof data === 'object') {
      if (!stream) {
        hear(data);
      }
    } else if (stream) {
      if (data === 'retry') {
        stream.retry();
      } else if (known.open) {
        channel.postMessage(known);
      }
    }
  });
  const ask = (question: Question): void => channel.postMessage(question);
  ask('what');
  navigator.locks.request(name, { signal: end.signal }, lead).catch(() => undefined);

  return {
    retry() {
      if (stream) {
        stream.retry();
      } else {
        ask('retry');
      }
    },
    close() {
      end.abort();
      channel.close();
    },
  };
}
