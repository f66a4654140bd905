import type { Connection, ConnectionOptions, MaintenanceConnection } from './connection-options.js';
import { createListeners } from './listeners.js';
import { askPingEndpoint, type PingAnswer, type PingState } from './ping-endpoint.js';
import { createPoller } from './poller.js';
import type { MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

const TIMEOUT = 10_000;
/** Milliseconds until polling supplements a push that does not get through. */
const CONNECTING = 5_000;

/** The remaining seconds count down by themselves, and clients come and go; that is no news. */
function fingerprint(of: MaintenanceStatusMessage | null): string {
  return JSON.stringify(of && { ...of, retryAfter: 0, spread: 0 });
}

/**
 * Gets the state by push, and falls back to the ping endpoint. While it is disconnected it polls there, more often than a socket
 * can retry (browsers delay WebSockets that fail repeatedly), and reconnects as soon as the endpoint answers.
 */
export function createConnection({ push: open, pingUrl, idle }: ConnectionOptions): Connection {
  const listeners = createListeners<MaintenanceStatusMessage>();
  const watchers = createListeners<MaintenanceConnection>();
  let status: MaintenanceStatusMessage | null = null;
  let connection: MaintenanceConnection = 'connecting';
  let closed = false;

  function take(next: MaintenanceStatusMessage): void {
    const news = fingerprint(next) !== fingerprint(status);
    status = next;
    if (news && !closed) {
      listeners.tell(next);
    }
  }

  function move(next: MaintenanceConnection): void {
    if (connection !== next && !closed) {
      connection = next;
      watchers.tell(next);
    }
  }

  const ask = (): Promise<PingAnswer> => askPingEndpoint(pingUrl, TIMEOUT);

  function statusOf(state: PingState): MaintenanceStatusMessage {
    const { modes = {}, revision = 0, spread } = status ?? {};
    return {
      maintenanceMode: state.maintenanceMode,
      modes,
      message: state.error ?? null,
      retryAfter: state.retryAfter ?? null,
      until: state.until ?? null,
      ...(state.progress && { progress: state.progress }),
      ...(state.upcoming && { upcoming: state.upcoming }),
      revision,
      ...(spread !== undefined && { spread }),
      ...(state.maintenance && { maintenance: state.maintenance }),
    };
  }

  async function look(): Promise<MaintenanceStatusMessage> {
    const { code, state } = await ask();
    if (!state) {
      throw new Error(`Ping without state: ${code}`, { cause: code });
    }
    return statusOf(state);
  }

  const poller = createPoller({
    ask,
    wanted: () => !closed && connection !== 'live' && !idle(),
    found(state) {
      if (connection === 'lost') {
        push?.retry();
      }
      move('polling');
      take(statusOf(state));
    },
    missed: () => move('lost'),
  });

  poller.lookIn(open ? CONNECTING : 0);
  const push = open?.({
    opened() {
      poller.rest();
      move('live');
    },
    lost() {
      if (!closed && (connection === 'live' || connection === 'connecting')) {
        move('lost');
        poller.lookSoon();
      }
    },
    status: take,
  });

  async function ping(key?: string): Promise<MaintenancePong> {
    if (!push?.ping || connection !== 'live') {
      return look();
    }
    const answer = await push.ping(key);
    if ('error' in answer) {
      throw new Error(answer.error);
    }
    return answer;
  }

  return {
    get status() {
      return status;
    },
    get connection() {
      return connection;
    },
    subscribe: listeners.add,
    onConnection: watchers.add,
    ping,
    look,
    wake() {
      if (connection !== 'live') {
        poller.lookIn(0);
      }
    },
    close() {
      closed = true;
      poller.rest();
      listeners.clear();
      watchers.clear();
      push?.close();
    },
  };
}
