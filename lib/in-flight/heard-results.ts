import { StreamableFile } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { isObservable, Observable } from 'rxjs';
import { follow, within } from '../core/calls/current-call.js';
import { isGone, onceGone } from '../request/response-end.js';
import type { HandlerCall, HandlerCalls } from './handler-calls.js';

/** What a followed call returned; while somebody listens to it, or reads it, the call goes on. */
export function heard(result: unknown, book: HandlerCalls, call: HandlerCall): unknown {
  if (isObservable(result)) {
    return listened(result, book, call, true);
  }
  readBy(result instanceof StreamableFile ? result.getStream() : result, book, call);
  return result;
}

/** An observable that a call returned: the call goes on while it has a listener. @param follows as the call itself */
export function listened<T>(
  source: Observable<T>,
  book: HandlerCalls,
  call: HandlerCall,
  follows: boolean,
): Observable<T> {
  return new Observable((subscriber) => {
    subscriber.add(book.hear(call, true));
    if (!follows) {
      return source.subscribe(subscriber);
    }
    return untilOver(call, (over) => {
      subscriber.add(over);
      source.subscribe(subscriber);
    });
  });
}

/** The same for a stream: what is run to read it belongs to the call. */
function readBy(stream: unknown, book: HandlerCalls, call: HandlerCall): void {
  if (!(stream instanceof Readable) || stream.destroyed) {
    return;
  }
  const read = stream['_read'];
  let begun = false;
  stream['_read'] = function (size) {
    const next = (): void => read.call(this, size);
    if (begun) {
      within(call, next);
      return;
    }
    begun = true;
    untilOver(call, (over) => {
      const unheard = book.hear(call, false);
      stream.once('end', unheard).once('close', unheard).once('end', over).once('close', over);
      next();
    });
  };
}

/** The same for a response that a followed call's handler sends by itself, and perhaps goes on with after it has returned. */
export function sentBy(reply: unknown, book: HandlerCalls, call: HandlerCall): void {
  const response = ((reply as { raw?: unknown } | undefined)?.raw ?? reply) as
    Partial<ServerResponse> | undefined;
  if (response?.once && !isGone(response)) {
    untilOver(call, (over) => {
      const unheard = book.hear(call, false);
      onceGone(response as ServerResponse, () => {
        unheard();
        over();
      });
    });
  }
}

/** Follows what is begun until it calls back. */
function untilOver(call: HandlerCall, begin: (over: () => void) => void): void {
  void follow(
    call,
    () =>
      new Promise<void>((over) => {
        begin(over);
      }),
    NOTHING,
  );
}

const NOTHING = (): void => undefined;
