import type { ExecutionContext } from '@nestjs/common';
import { coarseClock } from '../core/calls/coarse-clock.js';
import { Revocations } from '../core/calls/revocations.js';
import { WorkCalls } from '../core/calls/work-calls.js';
import type { CallFilter, RunningCall, RunningCalls } from '../core/cluster/running-calls.js';
import { getHandlerCalls, type HandlerCall } from './handler-calls.js';
import { CallCounter } from './call-counter.js';
import { isOver } from './is-over.js';
import { revokeHandlerCalls } from './revoke-handler-calls.js';
import { routeName, withoutRequest } from './route-name.js';
import { trackedHandler } from './tracked-handler.js';

/** How many entries may gather before finished ones are removed: few, since keeping them costs more than looking. */
const FIRST_SWEEP = 16;
/** Milliseconds after which finished entries are removed in any case. */
const SWEEP = 1_000;

/**
 * The calls that were admitted and are not over yet. Adding one is an array write; whether it is over is read from its response
 * when somebody asks, or when many have gathered.
 */
export class InFlight implements RunningCalls {
  readonly revocations = new Revocations();
  /** Work that is not a request. */
  readonly works = new WorkCalls(this.revocations);
  /** Whether this application has handlers, or methods, that maintenance could refuse. */
  private handles = false;
  /** The first `count` are open or have not been checked yet. Its length follows the load: changing it costs more. */
  private entries = Array.from<ExecutionContext | undefined>({ length: FIRST_SWEEP });
  private count = 0;
  /** When they began, by the coarse clock. */
  private times = Array.from({ length: FIRST_SWEEP }, () => 0);
  /** Handlers that have been admitted at least once: their calls may outlive their responses. Without their requests. */
  private readonly handlers = new Map<object, ExecutionContext>();
  private sweeping: NodeJS.Timeout | undefined;
  private lastHandler: object | undefined;

  get serves(): boolean {
    return this.handles || this.works.serves;
  }

  set serves(handles: boolean) {
    this.handles = handles;
  }

  /** In the same tick as the decision. */
  admit(context: ExecutionContext): void {
    if (this.sweeping === undefined) {
      coarseClock.now = performance.now();
      // a finished entry holds its request, and everything that came with it, no longer than that
      this.sweeping = setTimeout(() => this.sweepAgain(), SWEEP).unref();
    }
    this.times[this.count] = coarseClock.now;
    this.entries[this.count++] = context;
    if (this.count === this.entries.length) {
      this.sweep();
    }
  }

  /** Calls in progress. */
  get size(): number {
    this.sweep();
    return this.open().size + this.works.size;
  }

  running(counts: CallFilter): RunningCall[] {
    const running = this.left(counts).flatMap(({ context, begun }) => {
      const route = routeName(context);
      return begun.map((time) => ({ route, begun: time }));
    });
    return [...running, ...this.works.running(counts)].sort((a, b) => a.begun - b.begun);
  }

  remaining(counts: CallFilter): string[] {
    const routes = this.left(counts).map(({ context }) => routeName(context));
    return [...routes, ...this.works.remaining(counts)];
  }

  revoke(counts: CallFilter, why: string): void {
    this.works.revoke(counts, why);
    this.revokeHandlers(counts, false, why);
  }

  revokeAll(why: string): void {
    this.works.revokeAll(why);
    this.revokeHandlers(() => true, true, why);
  }

  /** What a handler's call was admitted with; without its request if that is unknown. */
  contextOf({ handler, subject }: HandlerCall): { context: ExecutionContext; known: boolean } | undefined {
    for (const context of subject === undefined ? [] : this.open().keys()) {
      const [request, reply] = context.getArgs<unknown[]>();
      const isSubject = request === subject || reply === subject;
      if (isSubject && trackedHandler(context.getHandler()) === handler) {
        return { context, known: true };
      }
    }
    this.sweep();
    const context = this.handlers.get(handler);
    return context && { context, known: false };
  }

  /**
   * Whether a call whose request is unknown may be that of a request, or a message, that was admitted at some time: a schedule may
   * call a handler, too.
   */
  isAdmitted({ handler, surroundings }: HandlerCall): boolean {
    if (surroundings) {
      return true;
    }
    const open = [...this.open().keys()].filter(
      (context) => trackedHandler(context.getHandler()) === handler,
    );
    return open.length >= (getHandlerCalls(handler)?.running ?? 0);
  }

  /** Handlers with calls that must be waited for, and when these began. */
  private left(counts: CallFilter): { context: ExecutionContext; begun: number[] }[] {
    this.sweep();
    const counters = new Map<object, CallCounter>();
    for (const [context, begun] of this.open()) {
      const handler = trackedHandler(context.getHandler());
      const counter = counters.get(handler) ?? new CallCounter(handler);
      counters.set(handler, counter.add(context, counts(context, false), begun));
    }
    return [...this.handlers].flatMap(([handler, context]) => {
      const counter = counters.get(handler) ?? new CallCounter(handler);
      const begun = counter.left(() => counts(context, true));
      return begun.length > 0 ? [{ context, begun }] : [];
    });
  }

  /** Each request once, even if a second guard on its way has added it again, and when it began. */
  private open(): Map<ExecutionContext, number> {
    const open = new Map<ExecutionContext, number>();
    for (let i = this.count - 1; i >= 0; i--) {
      open.set(this.entries[i] as ExecutionContext, this.times[i] ?? 0);
    }
    return open;
  }

  private sweepAgain(): void {
    this.sweeping = undefined;
    coarseClock.now = performance.now();
    this.sweep();
    if (this.count > 0) {
      this.sweeping = setTimeout(() => this.sweepAgain(), SWEEP).unref();
    }
  }

  private sweep(): void {
    const { entries, times, count } = this;
    let open = 0;
    for (let i = 0; i < count; i++) {
      const context = entries[i] as ExecutionContext;
      const handler = context.getHandler();
      if (handler !== this.lastHandler) {
        this.lastHandler = handler;
        this.noteHandler(handler, context);
      }
      if (!isOver(context)) {
        times[open] = times[i] ?? 0;
        entries[open++] = context;
      }
    }
    entries.fill(undefined, open, count);
    this.count = open;
    const length = Math.max(FIRST_SWEEP, open + (open >> 2));
    if (length > entries.length || length < entries.length / 4) {
      this.entries = Array.from({ length }, (_, index) => entries[index]);
      this.times = Array.from({ length }, (_, index) => times[index] ?? 0);
    }
  }

  private noteHandler(called: object, context: ExecutionContext): void {
    if (!this.handlers.has(called)) {
      const handler = trackedHandler(called);
      if (!this.handlers.has(handler)) {
        this.handlers.set(handler, withoutRequest(context));
      }
    }
  }

  private revokeHandlers(counts: CallFilter, alsoWaiting: boolean, why: string): void {
    this.sweep();
    const revoke = (subject: object): void => this.revocations.revoke(subject, why);
    revokeHandlerCalls({ open: this.open().keys(), handlers: this.handlers, counts, alsoWaiting, revoke });
  }
}
