import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import { countCall } from '../in-flight/handler-calls.js';
import { onceSent } from './grpc-stream-calls.js';
import { isObject } from '../core/common/is-object.js';

type Handler = (...args: unknown[]) => Promise<unknown>;

/**
 * A message of a microservice that is answered, from its arrival until its answer is complete: with guards, interceptors and
 * filters.
 */
export class MessageSpan {
  private handler: object | undefined;
  private over: (() => void) | undefined;
  private running = true;

  /** Whether it is counted. */
  get counts(): boolean {
    return this.over !== undefined;
  }

  /** It has been admitted. */
  begin(handler: object): void {
    this.handler = handler;
    this.count();
  }

  /** Nothing runs for it any more, unless somebody asks for its answer. */
  readonly rest = (): void => {
    this.running = false;
    this.over?.();
    this.over = undefined;
  };

  resume(): void {
    this.running = true;
    this.count();
  }

  private count(): void {
    if (this.running && this.handler) {
      this.over ??= countCall(this.handler);
    }
  }
}

/** By what Nest's transports give for each message beside its data: its context, or gRPC's metadata. */
const spans = new WeakMap<object, MessageSpan>();

/** Transports of the application's own may pass nothing there, or the same for all messages. */
const current = new AsyncLocalStorage<MessageSpan>();

/** @param args that Nest passes to all that it runs for a message */
export const getSpan = ([, context]: readonly unknown[]): MessageSpan | undefined =>
  (isObject(context) ? spans.get(context) : undefined) ?? current.getStore();

/** Runs something so that what Nest runs for the message finds its span. */
type Within = <T>(run: () => T) => T;

const directly: Within = (run) => run();

/**
 * The same handler, whose messages are spanned.
 * @param hasContexts whether its transport passes a context of its own with each message
 */
export function spannedHandler<T extends (...args: never[]) => unknown>(handler: T, hasContexts: boolean): T {
  const handle = handler as unknown as Handler;
  const spanned: Handler = async (...args) => {
    const [, context, call] = args;
    if (hasContexts && !isObject(context)) {
      return handle(...args);
    }
    const span = new MessageSpan();
    if (hasContexts) {
      spans.set(context as object, span);
    }
    const within: Within = hasContexts ? directly : (run) => current.run(span, run);
    let result: unknown;
    try {
      result = await within(() => handle(...args));
    } finally {
      span.rest();
    }
    return isObservable(result) ? answered(span, result, within, call) : result;
  };
  return spanned as unknown as T;
}

/** Nobody listens to the answer of a message whose client has gone in the meantime. */
const answered = <T>(
  span: MessageSpan,
  answer: Observable<T>,
  within: Within,
  call: unknown,
): Observable<T> =>
  new Observable((listener) => {
    span.resume();
    listener.add(() => onceSent(call, span.rest));
    listener.add(within(() => answer.subscribe(listener)));
  });
