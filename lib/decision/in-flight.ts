import type { ExecutionContext } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { currentCall, runningCalls, type HandlerCall } from './handler-calls.js';

/** How many entries may gather before those that are over are thrown out. */
const FIRST_SWEEP = 128;

interface Reply {
  readonly raw?: Reply & ServerResponse;
}

/**
 * The calls that were let pass and are not over yet. Noting one is an array push; whether it is over is looked up in
 * its response when somebody asks, or when many have gathered.
 */
export class InFlight {
  private entries: ExecutionContext[] = [];
  private limit = FIRST_SWEEP;
  /** Handlers that have been let pass at least once: their calls may outlive their responses. */
  private readonly handlers = new Map<object, ExecutionContext>();
  private readonly parked = new Map<HandlerCall, number>();

  /** In the same tick as the decision. */
  admit(context: ExecutionContext): void {
    if (this.entries.push(context) >= this.limit) {
      this.sweep();
    }
  }

  /** Calls under way. */
  get size(): number {
    this.sweep();
    return this.entries.length;
  }

  /**
   * Routes still served, of those calls that `counts` says yes to; the handler calls that are themselves waiting
   * in {@link park} excepted.
   */
  remaining(counts: (context: ExecutionContext, orphan: boolean) => boolean): string[] {
    this.sweep();
    const open = new Map<object, { all: number; counted: number }>();
    for (const context of this.entries) {
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

  private parkedCalls(handler: object): number {
    let count = 0;
    for (const call of this.parked.keys()) {
      count += call.handler === handler ? 1 : 0;
    }
    return count;
  }

  private sweep(): void {
    const open: ExecutionContext[] = [];
    for (const context of this.entries) {
      const handler = context.getHandler();
      if (!this.handlers.has(handler)) {
        this.handlers.set(handler, context);
      }
      if (!isOver(context)) {
        open.push(context);
      }
    }
    this.entries = open;
    this.limit = Math.max(FIRST_SWEEP, open.length * 2);
  }
}

/** The response a call is answered by; `undefined` where there is none, as in a gateway. */
export function responseOf(context: ExecutionContext): ServerResponse | undefined {
  const args = context.getArgs<unknown[]>();
  const candidate = context.getType<string>() === 'graphql' ? graphqlReply(args[2]) : args[1];
  const reply = candidate as Reply | undefined;
  const raw = (reply?.raw ?? reply) as ServerResponse | undefined;
  return typeof raw?.writableEnded === 'boolean' ? raw : undefined;
}

function graphqlReply(value: unknown): unknown {
  const context = value as { res?: unknown; reply?: unknown; req?: { res?: unknown } } | undefined;
  return context?.res ?? context?.reply ?? context?.req?.res;
}

/**
 * Over is a call whose response has closed and whose handler has answered: Nest ends or begins the response only
 * then, also when the client is gone.
 */
function isOver(context: ExecutionContext): boolean {
  const response = responseOf(context);
  return !response || (response.closed && (response.writableEnded || response.headersSent));
}

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
