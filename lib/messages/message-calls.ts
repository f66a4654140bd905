import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { GUARDS_METADATA, INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import 'reflect-metadata';
import { finalize, type Observable } from 'rxjs';
import { countCall } from '../in-flight/handler-calls.js';
import type { WorkCalls } from '../core/calls/work-calls.js';
import { isGraphql } from '../decision/call-facts.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import { askAgain, isSocketOperation } from './admitted-messages.js';
import { getAdmission } from './event-admission.js';
import { findStreamCall } from './grpc-stream-calls.js';
import { messageMethods } from './message-methods.js';
import { EventCall, handleEvent, trackEventHandler } from './event-calls.js';
import { trackMethod } from '../in-flight/track-method.js';
import { getSpan } from './message-span.js';

/** Metadata that `@WebSocketGateway()` sets on a class. */
const GATEWAY_MARK = 'websockets:is_gateway';

/** Asks an application's guard about a gateway message. */
export interface MessageGuard {
  /** Throws, or rejects with, the error for the sender. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean>;
  /** Whether the message arrived at this application's server. */
  serves(context: ExecutionContext): boolean;
  /** Whether it also runs before the gateway's own guards. */
  readonly first: boolean;
  /** Whether a handler of that class could call `maintain()`. */
  reaches(cls: object): boolean;
}

/** Guards of the running applications by gateway class: decorators belong to the class, which applications share. */
const guards = new WeakMap<object, Set<MessageGuard>>();

/** What counts events in the running applications, likewise. */
const counters = new WeakMap<object, Set<WorkCalls>>();

/**
 * Counts handler calls that have no HTTP response, and asks the guard at the moment a message, or a GraphQL operation over a
 * websocket, is handled: other guards may have taken their time, and Nest 11 runs no global guard on messages of gateways.
 */
class MessageCalls implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (isGraphql(context) && !isSocketOperation(context)) {
      return next.handle();
    }
    const policy = getHandlerPolicy(context.getClass(), context.getHandler());
    if (policy.event) {
      const works = [...(counters.get(context.getClass()) ?? [])];
      const admission = getAdmission(context.getArgByIndex(1));
      const event = new EventCall(policy.name, policy, works, admission);
      await askAgain(context).catch((error: unknown) => {
        event.over();
        throw error;
      });
      return handleEvent(event, () => next.handle());
    }
    if (context.getType() === 'ws') {
      await ask(context, () => true);
      return next.handle();
    }
    // a resolver's calls over HTTP are not announced: while this one has yet to begin, they may take its place, and give it back
    const isCounted = getSpan(context.getArgs())?.counts === true;
    const over = isCounted ? NOTHING : countCall(context.getHandler());
    try {
      await askAgain(context);
      const stream = findStreamCall(context.getArgByIndex(0));
      return next.handle().pipe(finalize(() => (stream ? void stream.then(over) : over())));
    } catch (error) {
      over();
      throw error;
    }
  }
}

const NOTHING = (): void => undefined;

const messageCalls = new MessageCalls();

/**
 * Counts messages of gateways from before the interceptors of the application until their answer. An observable that a handler
 * returns does not count: many never end.
 */
class GatewayCalls implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(finalize(countCall(context.getHandler(), false)));
  }
}

const gatewayCalls = new GatewayCalls();

/** Asks the guard before the gateway's own guards: on Nest 11 no global guard does. */
const firstGuard: CanActivate = {
  async canActivate(context) {
    await ask(context, ({ first }) => first);
    return true;
  },
};

async function ask(context: ExecutionContext, which: (guard: MessageGuard) => boolean): Promise<void> {
  const known = [...(guards.get(context.getClass()) ?? [])].filter(which);
  const asked = known.length > 1 ? known.filter((guard) => guard.serves(context)) : known;
  for (const guard of asked) {
    await guard.canActivate(context);
  }
}

const mayMaintain = (cls: object): boolean =>
  [...(guards.get(cls) ?? [])].some((guard) => guard.reaches(cls));

/**
 * Watches the message handlers of these classes, inside all their interceptors. Call it before Nest registers them.
 * @param works counts this application's events
 * @returns takes the application away again
 */
export function watchMessages(
  classes: Iterable<object>,
  works: WorkCalls,
  guard: MessageGuard | undefined,
): () => void {
  const leave: (() => void)[] = [];
  for (const cls of classes) {
    const methods = messageMethods(cls);
    methods.forEach(([prototype, property]) => watchMethod(prototype, property, () => mayMaintain(cls)));
    if (methods.length === 0) {
      continue;
    }
    leave.push(join(counters, cls, works));
    const isGateway = Reflect.hasMetadata(GATEWAY_MARK, cls);
    if (isGateway) {
      putFirst(INTERCEPTORS_METADATA, gatewayCalls, cls);
    }
    if (guard) {
      leave.push(join(guards, cls, guard));
      if (guard.first && isGateway) {
        putFirst(GUARDS_METADATA, firstGuard, cls);
      }
    }
  }
  return () => leave.forEach((undo) => undo());
}

/** @returns takes it out again */
function join<T>(sets: WeakMap<object, Set<T>>, cls: object, member: T): () => void {
  const known = sets.get(cls) ?? new Set();
  sets.set(cls, known.add(member));
  return () => known.delete(member);
}

function putFirst(key: string, first: object, cls: object): void {
  const own = (Reflect.getMetadata(key, cls) ?? []) as unknown[];
  if (!own.includes(first)) {
    Reflect.defineMetadata(key, [first, ...own], cls);
  }
}

/** A client that disconnects does not end what its message has started: the handler itself is counted. */
function watchMethod(prototype: object, property: string, follow: () => boolean): void {
  const own = (prototype as Record<string, object & { name: string }>)[property];
  if (own && getHandlerPolicy(prototype.constructor, own).event) {
    trackEventHandler(prototype, property, follow);
  } else {
    trackMethod(prototype, property, follow);
  }
  interceptMessages((prototype as Record<string, object>)[property] as object);
}

/** Puts this inside all interceptors of a method that handles messages, or is a resolver. */
export function interceptMessages(method: object): void {
  const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, method) ?? []) as unknown[];
  if (!interceptors.includes(messageCalls)) {
    Reflect.defineMetadata(INTERCEPTORS_METADATA, [...interceptors, messageCalls], method);
  }
}
