import type { Push, PushListener } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { createEventStream, SILENCE, type EventStream } from './event-stream.js';

/** What the listening page passes on to the others. */
interface News {
  readonly open: boolean;
  readonly status: MaintenanceStatusMessage | null;
}

/** What the others ask of it: the last status, or a new attempt. */
type Question = 'what' | 'retry';

/**
 * Server-sent events, one stream for all pages of this site in a browser: each stream takes one of the few connections that a
 * browser makes to a host. The page that holds the lock listens and passes on what it receives.
 *
 * @returns `null` where the browser cannot: a page of plain http has no locks
 */
export function pushByStream(url: string): ((listener: PushListener) => Push) | null {
  // what has locks has the rest, too
  return 'locks' in navigator ? (listener) => share(url, listener) : null;
}

function share(url: string, listener: PushListener): Push {
  const name = `maintenance ${url}`;
  let channel: BroadcastChannel;
  let known: News = { open: false, status: null };
  let stream: EventStream | undefined;
  let closed = false;
  /** Ends its turn, or its wait for one. */
  let turn: AbortController;
  let timer: ReturnType<typeof setTimeout> | undefined;

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

  function pass(news: News): void {
    channel.postMessage(news);
    hear(news);
  }

  function lead(): Promise<void> {
    const { signal } = turn;
    clearTimeout(timer);
    const opened = createEventStream(url, {
      lost: () => pass({ open: false, status: known.status }),
      status: (status) => pass({ open: true, status: status ?? known.status }),
    });
    stream = opened;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        stream = undefined;
        opened.close();
        resolve();
      });
    });
  }

  function ask(question: Question): void {
    channel.postMessage(question);
  }

  function begin(): void {
    turn = new AbortController();
    channel = new BroadcastChannel(name);
    channel.addEventListener('message', answer);
    ask('what');
    navigator.locks.request(name, { signal: turn.signal }, lead).catch(() => undefined);
  }

  function answer({ data }: MessageEvent<News | Question>): void {
    if (typeof data === 'object') {
      if (!stream) {
        // browsers may stop a page that nobody looks at, and it keeps its turn
        clearTimeout(timer);
        timer = setTimeout(listener.lost, SILENCE);
        hear(data);
      }
    } else if (data === 'retry') {
      stream?.retry();
    } else if (stream && known.open) {
      channel.postMessage(known);
    }
  }

  // a page that is left loses its stream, which is no news for the others; one that is kept in the cache, where messages would
  // end it, may be shown again
  const pause = (): void => {
    turn.abort();
    clearTimeout(timer);
    channel.close();
  };
  const resume = ({ persisted }: PageTransitionEvent): void => {
    if (persisted && !closed) {
      begin();
    }
  };
  addEventListener('pagehide', pause);
  addEventListener('pageshow', resume);
  begin();

  return {
    retry() {
      if (stream) {
        stream.retry();
      } else {
        ask('retry');
      }
    },
    close() {
      closed = true;
      pause();
    },
  };
}
