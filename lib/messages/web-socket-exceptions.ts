/** The part of a client of Nest's `WsAdapter` that is used here. */
interface WebSocketClient {
  readonly readyState: number;
  send(data: string): void;
  on(event: 'exception', listener: (payload: unknown) => void): unknown;
}

const clients = new WeakSet<object>();
const refusals = new WeakSet<object>();

/**
 * Notifies a refused client of `WsAdapter` on Nest 11, whose filter emits the exception on the server's own object, where nobody
 * listens. Nest 12 sends it by itself and emits nothing there.
 * @param facts the content of the exception
 */
export function deliverToWebSocket(client: unknown, facts: object): void {
  if (!isWebSocket(client)) {
    return;
  }
  refusals.add(facts);
  if (!clients.has(client)) {
    clients.add(client);
    client.on('exception', (payload) => {
      if (typeof payload === 'object' && payload !== null && refusals.has(payload)) {
        client.send(JSON.stringify({ event: 'exception', data: payload }));
      }
    });
  }
}

/** Socket.IO's clients have no `readyState`. */
const isWebSocket = (client: unknown): client is WebSocketClient =>
  typeof client === 'object' &&
  client !== null &&
  typeof (client as Partial<WebSocketClient>).readyState === 'number' &&
  typeof (client as Partial<WebSocketClient>).send === 'function' &&
  typeof (client as Partial<WebSocketClient>).on === 'function';
