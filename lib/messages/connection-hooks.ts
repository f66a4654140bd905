import 'reflect-metadata';
import { currentCall, follow } from '../core/calls/current-call.js';
import { WorkCall, type WorkCalls } from '../core/calls/work-calls.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import { replaceMethod } from '../in-flight/replace-method.js';

/** Metadata that `@WebSocketGateway()` sets on a class. */
const GATEWAY_MARK = 'websockets:is_gateway';
const HOOKS = ['handleConnection', 'handleDisconnect'];

/** What counts calls in the running applications, by gateway class: the methods belong to the class, which applications share. */
const counters = new WeakMap<object, Set<WorkCalls>>();
const counted = new WeakSet<object>();

/**
 * Counts what gateways do when a client connects or disconnects. That is never refused: a drain waits for what began earlier.
 * Call it before Nest registers them.
 * @returns stops counting for this application
 */
export function countConnectionHooks(classes: Iterable<Function>, works: WorkCalls): () => void {
  const known: Set<WorkCalls>[] = [];
  for (const cls of classes) {
    if (!Reflect.hasMetadata(GATEWAY_MARK, cls)) {
      continue;
    }
    HOOKS.forEach((hook) => countHook(cls, hook));
    const own = counters.get(cls) ?? new Set();
    counters.set(cls, own.add(works));
    known.push(own);
  }
  return () => known.forEach((own) => own.delete(works));
}

function countHook(cls: Function, hook: string): void {
  const prototype = cls.prototype as Record<string, unknown>;
  const original = prototype[hook];
  if (typeof original !== 'function' || counted.has(original)) {
    return;
  }
  const method = function (this: unknown, ...args: unknown[]): unknown {
    const scope = getHandlerPolicy(cls, method);
    const calls = [...(counters.get(cls) ?? [])].map((works) => {
      const call = new WorkCall(`${cls.name}.${hook}`, scope, currentCall(), false);
      works.begin(call);
      return { works, call };
    });
    const [first] = calls;
    const run = (): unknown => original.apply(this, args) as unknown;
    return first ? follow(first.call, run, () => calls.forEach(({ works, call }) => works.end(call))) : run();
  };
  replaceMethod(prototype, hook, original, method);
  counted.add(method);
}
