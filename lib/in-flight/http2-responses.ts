import type { HttpAdapterHost } from '@nestjs/core';
import { OutgoingMessage } from 'node:http';
import { whenAdapterIsKnown } from '../request/when-adapter-is-known.js';

type End = (...args: unknown[]) => unknown;

interface Http2Server {
  updateSettings?: unknown;
  prependListener(event: 'request', listener: (request: unknown, response: { end: End }) => void): unknown;
}

/** Responses that have been ended, although their stream may have been closed before. */
const ended = new WeakSet<object>();

/**
 * An HTTP/2 response whose client has gone ignores being ended, so it would not show whether its handler has answered. On
 * servers that speak HTTP/2 the call of `end()` is noted here.
 */
export function watchHttp2Responses(host: HttpAdapterHost): void {
  whenAdapterIsKnown(host, (adapter) => {
    const instance = adapter?.getInstance<{ server?: Http2Server } | undefined>();
    const server = instance?.server;
    if (server?.updateSettings !== undefined) {
      server.prependListener('request', (_request, response) => {
        // it may speak HTTP/1 as well
        if (!(response instanceof OutgoingMessage)) {
          noteEnd(response);
        }
      });
    }
  });
}

export const wasEnded = (response: object): boolean => ended.has(response);

function noteEnd(response: { end: End }): void {
  const { end } = response;
  response.end = function (...args) {
    ended.add(this);
    return end.apply(this, args);
  };
}
