import { catchError, isObservable, of, throwError, type Observable } from 'rxjs';
import { isGrpcRefusal } from './grpc-error.js';

/** Metadata that `@GrpcStreamCall()` sets in the pattern of a handler. */
const PASSED_THROUGH = 'pt_stream';

type Answer = (error: unknown, ...rest: unknown[]) => void;

/** A call of grpc-js whose client sends a stream. */
interface GrpcCall {
  on(event: string, listener: () => void): unknown;
  emit(event: 'error', error: unknown): boolean;
}

type Handler = (call: GrpcCall, answer?: Answer) => Promise<unknown>;

/** By calls that their handlers answer by themselves, at any time: settles when the client has the whole answer, or is gone. */
const calls = new WeakMap<object, Promise<void>>();

/**
 * Settles when a call is over that its handler answers by itself; `undefined` for other calls.
 * @param call the first argument of a handler
 */
export const findStreamCall = (call: unknown): Promise<void> | undefined =>
  typeof call === 'object' && call !== null ? calls.get(call) : undefined;

/**
 * The wrapper that Nest calls for a method with `@GrpcStreamCall()`. Nest passes the call to it and discards its result: a
 * refusal would reach nobody, and the unhandled rejection could end the process.
 * @param pattern of the handler
 * @returns the handler itself where it is another kind
 */
export function streamCallHandler<T extends (...args: never[]) => unknown>(pattern: unknown, handler: T): T {
  if ((pattern as { streaming?: unknown } | null)?.streaming !== PASSED_THROUGH) {
    return handler;
  }
  const passThrough: Handler = async (call, answer) => {
    let over: () => void = () => undefined;
    calls.set(call, new Promise((resolve) => (over = resolve)));
    call.on('cancelled', over);
    call.on('finish', over);
    const refuse = (error: unknown): Observable<unknown> => {
      if (!isGrpcRefusal(error)) {
        return throwError(() => error);
      }
      if (answer) {
        answer(error);
      } else {
        call.emit('error', error);
      }
      return of(undefined);
    };
    const answered: Answer | undefined =
      answer &&
      ((...given) => {
        answer(...given);
        over();
      });
    const result = await (handler as unknown as Handler)(call, answered);
    return isObservable(result) ? result.pipe(catchError(refuse)) : result;
  };
  return passThrough as unknown as T;
}

/** The part of Node's `Writable` that is used here. */
interface Sending {
  readonly writableLength: number;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  once(event: 'finish' | 'close', listener: () => void): this;
}

const isSending = (call: unknown): call is Sending => {
  const { writableLength = 0, writableEnded, writableFinished, destroyed } = (call ?? {}) as Partial<Sending>;
  return !destroyed && !writableFinished && (writableLength > 0 || writableEnded === true);
};

/**
 * Calls back once the client has what was answered: a client that reads slowly gets it long after the handler has given it.
 * @param call the third argument of a handler, if it is one of gRPC
 */
export function onceSent(call: unknown, sent: () => void): void {
  if (isSending(call)) {
    call.once('finish', sent).once('close', sent);
  } else {
    sent();
  }
}
