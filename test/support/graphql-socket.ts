import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { RunningApp } from './apps.js';

/** All that an operation over a websocket brings until it is over. */
export async function sendBySocket({ port }: Pick<RunningApp, 'port'>, query: string): Promise<string> {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const heard: unknown[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query },
      {
        next: (value) => heard.push(value),
        error: (error) => (heard.push(error), resolve()),
        complete: resolve,
      },
    );
  });
  await client.dispose();
  return JSON.stringify(heard);
}
