import type { ExecutionContext } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { currentCall, follow } from '../core/calls/current-call.js';
import type { OpenDecision } from '../core/service/open-decision.js';
import { ExternalCall } from '../decision/external-call.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import type { InFlight } from '../in-flight/in-flight.js';
import { likeMethod } from '../in-flight/replace-method.js';

type Method = (...args: unknown[]) => unknown;

/** Whether a library runs any handlers: otherwise requests, which are many, need not look for its calls. */
export const otherLibraries = { runHandlers: false };

/**
 * Counts calls of handlers that other libraries run by Nest's `ExternalContextCreator`, with guards, interceptors and filters: for
 * messages of chat bots, of brokers in ways that Nest's microservices do not know, and the like.
 */
export class ExternalCalls {
  constructor(
    creator: ExternalContextCreator,
    private readonly inFlight: InFlight,
    private readonly decision: OpenDecision,
  ) {
    const create = creator.create.bind(creator) as Method;
    creator.create = ((instance: object, callback: Method, property: string, ...rest: unknown[]) =>
      // those of GraphQL are counted as resolvers
      typeof callback !== 'function' || rest[5] === 'graphql'
        ? create(instance, callback, property, ...rest)
        : this.counted(instance, callback, property, (handler) =>
            create(instance, handler, property, ...rest),
          )) as typeof creator.create;
  }

  /** @param create makes what the library calls from a handler */
  private counted(
    instance: object,
    callback: Method,
    property: string,
    create: (handler: Method) => unknown,
  ): Method {
    otherLibraries.runHandlers = true;
    const handler = trackedCallback(instance, callback, property);
    const policy = getHandlerPolicy(instance.constructor, handler);
    const name = `${instance.constructor.name}.${property}`;
    const run = create(handler) as Method;
    this.inFlight.serves ||= !policy.exempt;
    return async (...args) => {
      if (!policy.exempt && !this.decision.isCertain) {
        await this.decision.catchUp();
      }
      const call = new ExternalCall(name, policy, currentCall(), handler, this.inFlight.works);
      return follow(call, () => run(...args), call.retain());
    };
  }
}

/** The same handler; its call is not over before it has settled, even if an interceptor no longer waits for it. */
function trackedCallback(instance: object, callback: Method, property: string): Method {
  const tracked = function (this: unknown, ...args: unknown[]): unknown {
    const call = currentCall();
    if (!(call instanceof ExternalCall) || call.handler !== tracked) {
      return callback.apply(this, args);
    }
    return follow(call, () => callback.apply(this, args), call.retain());
  };
  return likeMethod(instance, property, callback, tracked);
}

/** A guard admits a call. @returns whether it is one of these: otherwise somebody else counts it */
export function admitExternal(context: ExecutionContext): boolean {
  const call = currentCall();
  if (!(call instanceof ExternalCall) || call.handler !== context.getHandler()) {
    return false;
  }
  call.admit(context);
  return true;
}
