import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** The part of Node's responses, of HTTP/1 and of HTTP/2, that is read here; those of HTTP/2 do not show that their connection is gone. */
export type NodeResponse = Partial<Pick<ServerResponse, 'destroyed' | 'socket' | 'req' | 'writableEnded'>> & {
  readonly stream?: Pick<ServerHttp2Stream, 'destroyed' | 'closed' | 'on' | 'off'>;
};

/** Whether it waits behind other responses of its connection, whose requests came first (pipelining). */
export const awaitsTurn = ({ socket }: NodeResponse): boolean => socket === null;

/**
 * Whether it has no connection of Node's, but what adapters for serverless functions give it in place of one, to collect what is
 * sent. Nobody closes it.
 */
const isCollected = ({ socket, stream }: NodeResponse): boolean =>
  stream === undefined && typeof socket?.destroyed !== 'boolean';

/** Whether nothing more is sent although Node never closes it: its connection has ended before it had its turn, or it is collected. */
export const isCutOff = (response: NodeResponse): boolean =>
  awaitsTurn(response)
    ? response.req?.socket?.destroyed === true
    : isCollected(response) && response.writableEnded === true;

/**
 * Nothing more is sent. Node never destroys a stream of HTTP/2 that its client has closed without an error (RST_STREAM with
 * NO_ERROR, the default of Node's own client) while something was still to be sent.
 */
export const isGone = (response: NodeResponse): boolean =>
  (response.destroyed ?? (response.stream?.destroyed === true || response.stream?.closed === true)) ||
  isCutOff(response);

/** What is called when a connection ends: one listener for all its requests, however many are sent at once. */
const atEnd = new WeakMap<object, Set<() => void>>();

/** Calls back once nothing more is sent, unless the returned function is called first. */
export function onceGone(response: ServerResponse, callback: () => void): () => void {
  const waiting = awaitsTurn(response) ? callbacksOf(response) : undefined;
  const end = !waiting && isCollected(response) ? 'finish' : 'close';
  const { stream } = response as NodeResponse;
  const stop = (): void => {
    response.off(end, gone);
    stream?.off('end', closed);
    waiting?.delete(gone);
  };
  const gone = (): void => {
    stop();
    callback();
  };
  // of a stream that Node never destroys, this is the last event
  const closed = (): void => {
    if (stream?.closed) {
      gone();
    }
  };
  response.once(end, gone);
  stream?.on('end', closed);
  waiting?.add(gone);
  return stop;
}

function callbacksOf({ req: { socket } }: ServerResponse): Set<() => void> {
  let callbacks = atEnd.get(socket);
  if (!callbacks) {
    const added = new Set<() => void>();
    atEnd.set(socket, (callbacks = added));
    socket.once('close', () => added.forEach((callback) => callback()));
  }
  return callbacks;
}
