import type { PingAnswer, PingState } from './ping-endpoint.js';

/** What a poller asks, and what it notifies. */
export interface PollerOptions {
  ask(): Promise<PingAnswer>;
  /** Whether polling is useful; if not, it rests until it is woken. */
  wanted(): boolean;
  found(state: PingState): void;
  missed(): void;
}

/** Polls the ping endpoint. */
export interface Poller {
  /** Begins within this many milliseconds; a poll in progress counts. */
  lookIn(ms: number): void;
  /** Starts for a page that has just lost its connection. */
  lookSoon(): void;
  /** All is well, polling is not needed. */
  rest(): void;
}

/**
 * The poller of a page that is disconnected. A server that has just gone is usually back soon, and pages notice that within a
 * second; the longer it takes, the longer a page waits between two polls, so that thousands of pages do not slow a server that is
 * starting. No page polls before its last poll has ended, and every wait is jittered in proportion.
 */
export function createPoller({ ask, wanted, found, missed }: PollerOptions): Poller {
  /** If nobody answers: a fraction of the time since the server was lost, within bounds. */
  const AWAY = { share: 1 / 16, least: 300, most: 3_000 };
  /** If the endpoint answers, but no socket gets through. */
  const POLL = 5_000;
  /** If the responder knows nothing of maintenance, and may never do. */
  const STRANGE = 60_000;
  let awaySince: number | undefined;
  let strangers = 0;
  let looking = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function plan(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), ms);
  }

  function planAbout(ms: number): void {
    plan(ms * (0.5 + Math.random()));
  }

  function planAway(): void {
    const now = performance.now();
    awaySince ??= now;
    planAbout(Math.min(Math.max((now - awaySince) * AWAY.share, AWAY.least), AWAY.most));
  }

  async function look(): Promise<void> {
    if (looking || !wanted()) {
      return;
    }
    looking = true;
    const answer = await ask().catch(() => null);
    looking = false;
    // it may have become known meanwhile in a better way
    if (!wanted()) {
      return;
    }
    if (answer && answer.state) {
      awaySince = undefined;
      strangers = 0;
      planAbout(POLL);
      found(answer.state);
      return;
    }
    // proxies report an unreachable server with a 5xx status
    if (answer && answer.code < 500) {
      strangers++;
      planAbout(Math.min(POLL * 2 ** strangers, STRANGE));
    } else {
      planAway();
    }
    missed();
  }

  return {
    lookIn: plan,
    lookSoon: planAway,
    rest() {
      clearTimeout(timer);
      awaySince = undefined;
      strangers = 0;
    },
  };
}
