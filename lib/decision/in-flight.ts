import type { ExecutionContext } from '@nestjs/common';
import { OutgoingMessage, ServerResponse } from 'node:http';
import { currentCall, isSettled, runningCalls, type HandlerCall } from './handler-calls.js';

/** How many entries may gather before those that are over are thrown out. */
const FIRST_SWEEP = 64;

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
  /** Handlers that have been let pass at least once: their calls may outlive their responses. */
  private readonly handlers = new Map<object, ExecutionContext>();
  private lastHandler: object | undefined;
  private readonly parked = new Map<HandlerCall, number>();

  /** In the same tick as the decision. */
  admit(context: ExecutionContext): void {
    this.entries[this.count++] = context;
    if (this.count === this.entries.length) {
      this.sweep();
    }
  }

  /** Calls under way. */
  get size(): number {
    this.sweep();
    return this.open().size;
  }

  /**
   * Routes still served, of those calls that `counts` says yes to; the handler calls that are themselves waiting
   * in {@link park} excepted.
   */
  remaining(counts: (context: ExecutionContext, orphan: boolean) => boolean): string[] {
    this.sweep();
    const open = new Map<object, { all: number; counted: number }>();
    for (const context of this.open()) {
      const handler = context.getHandler();
      const of = open.get(handler) ?? { all: 0, counted: 0 };
      of.all++;
      of.counted += counts(context, false) ? 1 : 0;
      open.set(handler, of);
    }
    const routes: string[] = [];
    for (const [handler, context] of this.handlers) {
      const { all, counted } = open.get(handler) ?? { all: 0, counted: 0 };
      const running = runningCalls(handler);
      // calls whose response is gone: a client that hung up, an answer sent early
      const orphans = running > all && counts(context, true) ? running - all : 0;
      if (counted + orphans > this.parkedCalls(handler)) {
        routes.push(routeName(context));
      }
    }
    return routes;
  }

  /** The handler call this is called from waits for others: nobody waits for it meanwhile. */
  park(): () => void {
    const call = currentCall();
    if (!call) {
      return () => undefined;
    }
    this.parked.set(call, (this.parked.get(call) ?? 0) + 1);
    return () => {
      const left = (this.parked.get(call) ?? 1) - 1;
      if (left > 0) {
        this.parked.set(call, left);
      } else {
        this.parked.delete(call);
      }
    };
  }

  /** Each once, also where a second guard on the way has noted it again. */
  private open(): Set<ExecutionContext> {
    return new Set(this.entries.slice(0, this.count) as ExecutionContext[]);
  }

  private parkedCalls(handler: object): number {
    let count = 0;
    for (const call of this.parked.keys()) {
      count += call.handler === handler ? 1 : 0;
    }
    return count;
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
          this.handlers.set(handler, context);
        }
      }
      if (!isOver(context)) {
        entries[open++] = context;
      }
    }
    this.count = open;
    const length = Math.max(FIRST_SWEEP, open * 2);
    if (length > entries.length || length < entries.length / 4) {
      this.entries = Array.from({ length }, (_, index) => entries[index]);
    }
  }
}

/**
 * Over is a call whose response is done with and whose handler has answered: Nest ends or begins the response only
 * then, also when the client is gone. A handler that answers by itself may leave it at that when the client is gone.
 */
function isOver(context: ExecutionContext): boolean {
  const reply = context.getArgs<unknown[]>()[1];
  const response = reply instanceof ServerResponse ? reply : (reply as Reply | undefined)?.raw;
  if (response instanceof ServerResponse) {
    return (
      response.destroyed && (isEnded.call(response) || response.headersSent || isSettled(reply as object))
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

function routeName(context: ExecutionContext): string {
  const name = `${context.getClass().name}.${context.getHandler().name}`;
  if (context.getType() !== 'http') {
    return name;
  }
  const request = context.getArgByIndex<{
    method?: string;
    route?: { path?: unknown };
    routeOptions?: { url?: unknown };
  }>(0);
  const path = request.routeOptions?.url ?? request.route?.path;
  return typeof path === 'string' ? `${request.method} ${path}` : name;
}
