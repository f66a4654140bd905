import type { ExecutionContext } from '@nestjs/common';
import type { CallFilter } from '../core/cluster/running-calls.js';
import { getCallFacts } from '../decision/call-facts.js';
import { getHandlerCalls, type HandlerCall } from './handler-calls.js';
import { trackedHandler } from './tracked-handler.js';
import { isObject } from '../core/common/is-object.js';

/** Which calls of handlers to revoke. */
interface Revoking {
  /** Calls whose response is open. */
  readonly open: Iterable<ExecutionContext>;
  /** All handlers that have had calls. */
  readonly handlers: ReadonlyMap<object, ExecutionContext>;
  readonly counts: CallFilter;
  /** Including those that are waiting themselves. */
  readonly alsoWaiting: boolean;
  readonly revoke: (subject: object) => void;
}

/** Revokes calls of handlers by everything that identifies them: the call itself, for code that is followed, and its request. */
export function revokeHandlerCalls({ open, handlers, counts, alsoWaiting, revoke }: Revoking): void {
  const isMeant = (call: HandlerCall | undefined): boolean => alsoWaiting || (call?.waits ?? 0) === 0;
  const requests = new Map<object, boolean>();
  const bySubject = new Map<object, ReadonlyMap<unknown, HandlerCall>>();
  const withCounted = new Set<object>();
  for (const context of open) {
    const handler = trackedHandler(context.getHandler());
    const calls = bySubject.get(handler) ?? getHandlerCalls(handler)?.bySubject() ?? NONE;
    bySubject.set(handler, calls);
    const subjects = subjectsOf(context);
    const counted = subjects.every((subject) => isMeant(calls.get(subject))) && counts(context, false);
    subjects.forEach((subject) => requests.set(subject, counted));
    if (counted) {
      withCounted.add(handler);
      subjects.forEach(revoke);
    }
  }
  for (const [handler, context] of handlers) {
    const calls = getHandlerCalls(handler);
    if (!calls?.ongoing().next().value) {
      continue;
    }
    // it is not always known which call serves which request
    const others = counts(context, true) || (!calls.noted && withCounted.has(handler));
    for (const call of calls.ongoing()) {
      if (isMeant(call) && (requests.get(call.subject as object) ?? others)) {
        revoke(call);
        subjectsAround(call.subject).forEach(revoke);
      }
    }
  }
}

const NONE: ReadonlyMap<unknown, HandlerCall> = new Map();

/** What an application may identify a call by. A socket does not count: it stays open for many messages. */
function subjectsOf(context: ExecutionContext): object[] {
  const { transport, request } = getCallFacts(context);
  const reply = transport === 'http' ? context.getArgByIndex<unknown>(1) : undefined;
  return transport === 'ws' ? [] : [...subjectsAround(request), ...(isObject(reply) ? [reply] : [])];
}

/** A request, or a reply, and everything that leads from it to the request of the framework and of Node. */
function subjectsAround(subject: unknown): object[] {
  if (!isObject(subject)) {
    return [];
  }
  const { req, request, raw } = subject as Partial<Record<'req' | 'request' | 'raw', unknown>>;
  const { raw: requestRaw } = (request ?? {}) as { raw?: unknown };
  return [subject, req, request, raw, requestRaw].filter(isObject);
}
