import type { ExecutionContext } from '@nestjs/common';
import { Revocations } from '../core/calls/revocations.js';
import { WorkCalls } from '../core/calls/work-calls.js';
import type { CallFilter, RunningCalls } from '../core/cluster/running-calls.js';
import type { HandlerCall } from './handler-calls.js';
import { CallCounter } from './call-counter.js';
import { isOver } from './is-over.js';
import { revokeHandlerCalls } from './revoke-handler-calls.js';
import { routeName, withoutRequest } from './route-name.js';

/** How many entries may gather before those that are over are thrown out: few, since keeping them costs more than looking. */
const FIRST_SWEEP = 16;
/** Milliseconds after which those that are over are thrown out in any case. */
const SWEEP = 1_000;

/**
 * The calls that were let pass and are not over yet. Noting one is an array write; whether it is over is looked up in
 * its response when somebody asks, or when many have gathered.
 */
export class InFlight implements RunningCalls {
  readonly revocations = new Revocations();
  /** Work that is no request. */
  readonly works = new WorkCalls(this.revocations);
  /** Does this application have handlers that maintenance could refuse. */
  serves = false;
  /** The first `count` are open or not looked at yet. Its length only follows the load: changing it costs more. */
  private entries = Array.from<ExecutionContext | undefined>({ length: FIRST_SWEEP });
  private count = 0;
  /** Handlers that have been let pass at least once: their calls may outlive their responses. Without their requests. */
  private readonly handlers = new Map<object, ExecutionContext>();
  private sweeping: NodeJS.Timeout | undefined;
  private lastHandler: object | undefined;

  /** In the same tick as the decision. */
  admit(context: ExecutionContext): void {
    this.entries[this.count++] = context;
    if (this.count === this.entries.length) {
      this.sweep();
    }
    // what is over holds its request, and all that came with it, for no longer than that
    this.sweeping ??= setTimeout(() => this.sweepAgain(), SWEEP).unref();
  }

  /** Calls under way. */
  get size(): number {
    this.sweep();
    return this.open().size + this.works.size;
  }

  /** Routes still served, and work, of those calls that `counts` says yes to; what waits for others itself excepted. */
  remaining(counts: CallFilter): string[] {
    this.sweep();
    const counters = new Map<object, CallCounter>();
    for (const context of this.open()) {
      const handler = context.getHandler();
      const counter = counters.get(handler) ?? new CallCounter(handler);
      counters.set(handler, counter.add(context, counts(context, false)));
    }
    const routes = [...this.handlers]
      .filter(([handler, context]) =>
        (counters.get(handler) ?? new CallCounter(handler)).remains(() => counts(context, true)),
      )
      .map(([, context]) => routeName(context));
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

  /** What a handler's call was let pass with; one without its request where that is not known. */
  contextOf({ handler, subject }: HandlerCall): { context: ExecutionContext; known: boolean } | undefined {
    for (const context of subject === undefined ? [] : this.open()) {
      const [request, reply] = context.getArgs<unknown[]>();
      if (context.getHandler() === handler && (request === subject || reply === subject)) {
        return { context, known: true };
      }
    }
    this.sweep();
    const context = this.handlers.get(handler);
    return context && { context, known: false };
  }

  /** Each once, also where a second guard on the way has noted it again. */
  private open(): Set<ExecutionContext> {
    return new Set(this.entries.slice(0, this.count) as ExecutionContext[]);
  }

  private sweepAgain(): void {
    this.sweeping = undefined;
    this.sweep();
    if (this.count > 0) {
      this.sweeping = setTimeout(() => this.sweepAgain(), SWEEP).unref();
    }
  }

  private sweep(): void {
    const { entries, count } = this;
    let open = 0;
    for (let i = 0; i < count; i++) {
      const context = entries[i] as ExecutionContext;
      const handler = context.getHandler();
      if (handler !== this.lastHandler) {
        this.lastHandler = handler;
        if (!this.handlers.has(handler)) {
          this.handlers.set(handler, withoutRequest(context));
        }
      }
      if (!isOver(context)) {
        entries[open++] = context;
      }
    }
    entries.fill(undefined, open, count);
    this.count = open;
    const length = Math.max(FIRST_SWEEP, open + (open >> 2));
    if (length > entries.length || length < entries.length / 4) {
      this.entries = Array.from({ length }, (_, index) => entries[index]);
    }
  }

  private revokeHandlers(counts: CallFilter, alsoWaiting: boolean, why: string): void {
    this.sweep();
    const revoke = (subject: object): void => this.revocations.revoke(subject, why);
    revokeHandlerCalls({ open: this.open(), handlers: this.handlers, counts, alsoWaiting, revoke });
  }
}
