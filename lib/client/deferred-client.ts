import type { MaintenanceConnection } from './connection-options.js';
import type { MaintenanceClient } from './index.js';
import type { MaintenanceStatusMessage } from './status-message.js';

/** A client whose connection is still being made. */
export function deferred(open: () => Promise<MaintenanceClient>): MaintenanceClient {
  let client: MaintenanceClient | undefined;
  let closed = false;
  const opened = open().then((ready) => {
    client = ready;
    if (closed) {
      client.close();
    }
    return client;
  });
  const subscription =
    <T>(subscribe: (client: MaintenanceClient, listener: (news: T) => void) => () => void) =>
    (listener: (news: T) => void): (() => void) => {
      if (client) {
        return subscribe(client, listener);
      }
      let ended = false;
      let end = (): void => void (ended = true);
      const begin = async (): Promise<void> => {
        const ready = await opened;
        if (!ended) {
          end = subscribe(ready, listener);
        }
      };
      void begin();
      return () => end();
    };
  return {
    get status() {
      return client?.status ?? null;
    },
    get connection() {
      return client?.connection ?? (closed ? 'lost' : 'connecting');
    },
    subscribe: subscription((ready, listener: (status: MaintenanceStatusMessage) => void) =>
      ready.subscribe(listener),
    ),
    onConnection: subscription((ready, listener: (connection: MaintenanceConnection) => void) =>
      ready.onConnection(listener),
    ),
    ping: async (key) => (await opened).ping(key),
    close: () => {
      closed = true;
      client?.close();
    },
  };
}
