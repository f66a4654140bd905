import { isObservable, Observable } from 'rxjs';
import { countCall } from '../in-flight/handler-calls.js';
import { onceSent } from './grpc-stream-calls.js';

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

/** By what transports give for each message beside its data: its context, or gRPC's metadata. */
const spans = new WeakMap<object, MessageSpan>();

const isKey = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** @param args that Nest passes to all that it runs for a message */
export function getSpan([, context]: readonly unknown[]): MessageSpan | undefined {
  return isKey(context) ? spans.get(context) : undefined;
}

/** The same handler, whose messages are spanned. */
export function spannedHandler<T extends (...args: never[]) => unknown>(handler: T): T {
  const spanned: Handler = async (...args) => {
    const [, context, call] = args;
    if (!isKey(context)) {
      return (handler as unknown as Handler)(...args);
    }
    const span = new MessageSpan();
    spans.set(context, span);
    let result: unknown;
    try {
      result = await (handler as unknown as Handler)(...args);
    } finally {
      span.rest();
    }
    return isObservable(result) ? answered(span, result, call) : result;
  };
  return spanned as unknown as T;
}

/** Nobody listens to the answer of a message whose client has gone in the meantime. */
const answered = <T>(span: MessageSpan, answer: Observable<T>, call: unknown): Observable<T> =>
  new Observable((listener) => {
    span.resume();
    listener.add(() => onceSent(call, span.rest));
    listener.add(answer.subscribe(listener));
  });
