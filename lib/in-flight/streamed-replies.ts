import { StreamableFile } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Readable } from 'node:stream';
import { whenAdapterIsKnown } from '../request/when-adapter-is-known.js';
import { findReading, watchStreamedBodies } from './streamed-bodies.js';

type Reply = (this: unknown, reply: object, body: unknown, ...rest: unknown[]) => unknown;

/** What is sent in pieces, by its reply. */
const streams = new WeakMap<object, Partial<Readable>>();

/**
 * Notes the streams that Nest begins to send, whether a handler has returned them or an interceptor has made them: if the client
 * goes Nest stops, and leaves the response as it is.
 */
export function watchStreamedReplies(host: HttpAdapterHost): void {
  watchStreamedBodies();
  whenAdapterIsKnown(host, (adapter) => {
    const watched = adapter as { reply?: Reply } | undefined;
    const original = watched?.reply;
    if (watched && typeof original === 'function') {
      watched.reply = function (reply, body, ...rest) {
        if (typeof body === 'object' && body !== null) {
          note(reply, body);
        }
        return original.call(this, reply, body, ...rest);
      };
    }
  });
}

function note(reply: object, body: object): void {
  if (body instanceof StreamableFile) {
    streams.set(reply, body.getStream());
  } else if (typeof (body as Partial<Readable>).pipe === 'function') {
    streams.set(reply, body);
  }
}

/** Whether a stream was being sent, or read to be sent, when the client went, and nothing runs any more to read it. */
export function hasStopped(reply: unknown): boolean | undefined {
  const stream = streams.get(reply as object);
  const reading = findReading(reply as object);
  if (!stream) {
    return reading && reading.over && reading.steps === 0;
  }
  // a generator is closed once its present step is over
  return !reading?.steps && !(stream.destroyed === true && stream.closed === false);
}
