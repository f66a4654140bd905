import { finalize, isObservable } from 'rxjs';
import { countCall } from '../in-flight/handler-calls.js';

type Handler = (...args: unknown[]) => Promise<unknown>;

/** A message of a microservice that is answered, from its arrival until its answer is complete: with guards, interceptors and filters. */
export class MessageSpan {
  private counted: (() => void) | undefined;
  private ended = false;

  /** Whether it is counted. */
  get counts(): boolean {
    return this.counted !== undefined;
  }

  /** It has been admitted. */
  begin(handler: object): void {
    if (!this.ended) {
      this.counted ??= countCall(handler, true);
    }
  }

  readonly end = (): void => {
    this.ended = true;
    this.counted?.();
  };
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
    const [, context] = args;
    if (!isKey(context)) {
      return (handler as unknown as Handler)(...args);
    }
    const span = new MessageSpan();
    spans.set(context, span);
    try {
      const result = await (handler as unknown as Handler)(...args);
      if (isObservable(result)) {
        return result.pipe(finalize(span.end));
      }
      span.end();
      return result;
    } catch (error) {
      span.end();
      throw error;
    }
  };
  return spanned as unknown as T;
}
