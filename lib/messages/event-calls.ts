import { AsyncLocalStorage } from 'node:async_hooks';
import { finalize, isObservable, type Observable } from 'rxjs';
import { currentCall, follow } from '../core/calls/current-call.js';
import { settle } from '../core/calls/settle.js';
import { WorkCall, type WorkCalls } from '../core/calls/work-calls.js';
import type { HandlerPolicy } from '../decision/handler-policy.js';
import type { EventAdmission } from './event-admission.js';
import { replaceMethod } from '../in-flight/replace-method.js';

/**
 * An event in progress. The event is counted, not its handler: events keep arriving while a key is on, and a drain waits only
 * for the earlier ones.
 */
export class EventCall {
  private handled = false;
  private readonly calls: readonly WorkCall[];
  private readonly done: (() => void) | undefined;
  /** What it belongs to, for code that wants to know. */
  private readonly around: WorkCall | undefined;

  /**
   * @param works of the applications that may have received it
   * @param admission where it is counted as a whole
   */
  constructor(
    name: string,
    policy: HandlerPolicy,
    private readonly works: readonly WorkCalls[],
    admission?: EventAdmission,
  ) {
    this.done = admission?.retain();
    this.calls = admission
      ? []
      : works.map((work) => {
          const call = new WorkCall(name, policy, currentCall(), false);
          work.begin(call);
          return call;
        });
    this.around = admission?.call ?? this.calls[0];
  }

  /** Its handler begins, and reports by itself when it is over: an interceptor may stop listening earlier. */
  begin(): this | undefined {
    const first = !this.handled;
    this.handled = true;
    return first ? this : undefined;
  }

  /** What surrounds the handler is over. */
  passed(): void {
    if (!this.handled) {
      this.over();
    }
  }

  /** The handler's result is consumed by its listener: that ends with what surrounds the handler. */
  streams<T>(result: T): T {
    this.handled = false;
    return result;
  }

  readonly over = (): void => {
    this.calls.forEach((call, index) => this.works[index]?.end(call));
    this.done?.();
  };

  /** Runs the handler so that the code it reaches knows its call. */
  follow<T>(run: () => T): T {
    return this.around ? follow(this.around, run, () => undefined) : run();
  }
}

const storage = new AsyncLocalStorage<EventCall>();

/** The handler of an event, with interceptors and pipes, inside its call. */
export const handleEvent = (call: EventCall, handle: () => Observable<unknown>): Observable<unknown> =>
  storage.run(call, () => handle()).pipe(finalize(() => call.passed()));

const tracked = new WeakSet<object>();

/** Makes an event's call last until its handler has settled, whatever happens to the message meanwhile. */
export function trackEventHandler(prototype: object, property: string, follows: () => boolean): void {
  const original = (prototype as Record<string, unknown>)[property];
  if (typeof original !== 'function' || tracked.has(original)) {
    return;
  }
  const replacement = function (this: unknown, ...args: unknown[]): unknown {
    const run = (): unknown => original.apply(this, args) as unknown;
    const call = storage.getStore()?.begin();
    if (!call) {
      return run();
    }
    try {
      const result = follows() ? call.follow(run) : run();
      return isObservable(result) ? call.streams(result) : settle(result, call.over);
    } catch (error) {
      call.over();
      throw error;
    }
  };
  tracked.add(replacement);
  replaceMethod(prototype, property, original, replacement);
}
