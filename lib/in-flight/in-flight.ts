import type { ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { OutgoingMessage, ServerResponse } from 'node:http';
import { getHandlerCalls } from './handler-calls.js';
import { CallCounter } from './call-counter.js';

/** How many entries may gather before those that are over are thrown out: few, since keeping them costs more than looking. */
const FIRST_SWEEP = 16;
/** Milliseconds after which those that are over are thrown out in any case. */
const SWEEP = 1_000;

/** Node's responses, of HTTP/1 and of HTTP/2. */
type Response = Pick<ServerResponse, 'destroyed' | 'writableEnded' | 'headersSent'>;

interface Reply {
  readonly raw?: unknown;
  readonly writableEnded?: unknown;
}

/**
 * The calls that were let pass and are not over yet. Noting one is an array write; whether it is over is looked up in
 * its response when somebody asks, or when many have gathered.
 */
export class InFlight {
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
    return this.open().size;
  }

  /**
   * Routes still served, of those calls that `counts` says yes to; the handler calls that are themselves waiting for others
   * excepted.
   */
  remaining(counts: (context: ExecutionContext, outlivesResponse: boolean) => boolean): string[] {
    this.sweep();
    const tallies = new Map<object, CallCounter>();
    for (const context of this.open()) {
      const handler = context.getHandler();
      const counter = tallies.get(handler) ?? new CallCounter(handler);
      tallies.set(handler, counter.add(context, counts(context, false)));
    }
    return [...this.handlers]
      .filter(([handler, context]) =>
        (tallies.get(handler) ?? new CallCounter(handler)).remains(() => counts(context, true)),
      )
      .map(([, context]) => routeName(context));
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
}

/**
 * Over is a call whose response is done with and whose handler has answered: Nest ends or begins the response only
 * then, also when the client is gone. Only what streams, and a handler that answers by itself, may be left at that.
 */
function isOver(context: ExecutionContext): boolean {
  const reply = context.getArgs<unknown[]>()[1];
  const response = reply instanceof ServerResponse ? reply : (reply as Reply | undefined)?.raw;
  if (response instanceof ServerResponse) {
    return (
      response.destroyed &&
      (isEnded.call(response) ||
        response.headersSent ||
        getHandlerCalls(context.getHandler())?.isReleased(context) === true)
    );
  }
  const other = responseOf(context);
  return !other || (other.destroyed && (other.writableEnded || other.headersSent));
}

/** The response a call is answered by; `undefined` where there is none, as in a gateway. */
function responseOf(context: ExecutionContext): Response | undefined {
  const args = context.getArgs<unknown[]>();
  const reply = context.getType<string>() === 'graphql' ? graphqlReply(args[2]) : args[1];
  const raw = (reply as Reply | undefined)?.raw ?? reply;
  return typeof (raw as Reply | undefined)?.writableEnded === 'boolean' ? (raw as Response) : undefined;
}

function graphqlReply(value: unknown): unknown {
  const context = value as { res?: unknown; reply?: unknown; req?: { res?: unknown } } | undefined;
  return context?.res ?? context?.reply ?? context?.req?.res;
}

/**
 * The getter of `writableEnded`, called as it is: Express gives every response another prototype, through which looking a
 * getter up costs more than everything else here.
 */
const isEnded = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'writableEnded')?.get as (
  this: ServerResponse,
) => boolean;

/** Stands for a handler: its class, its name and its route. */
function withoutRequest(context: ExecutionContext): ExecutionContext {
  const type = context.getType();
  const args: object[] = [];
  if (type === 'http') {
    const { method, route, routeOptions } = context.getArgByIndex<RoutedRequest>(0);
    args.push({
      method,
      headers: {},
      route: { path: route?.path },
      routeOptions: { url: routeOptions?.url },
    });
  }
  const host = new ExecutionContextHost(args, context.getClass(), context.getHandler());
  host.setType(type);
  return host;
}

interface RoutedRequest {
  readonly method?: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

function routeName(context: ExecutionContext): string {
  const name = `${context.getClass().name}.${context.getHandler().name}`;
  if (context.getType() !== 'http') {
    return name;
  }
  const request = context.getArgByIndex<RoutedRequest>(0);
  const path = request.routeOptions?.url ?? request.route?.path;
  return typeof path === 'string' ? `${request.method} ${path}` : name;
}
