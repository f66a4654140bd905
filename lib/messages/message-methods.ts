import 'reflect-metadata';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import type { EventMethod } from './event-server.js';

/** Metadata that `@SubscribeMessage()`, `@MessagePattern()` and `@EventPattern()` set on a method. */
const MESSAGE_MARKS = ['websockets:message_mapping', 'microservices:pattern'];

type Class = object & { readonly name: string };

/** Whether this class handles messages that maintenance could refuse. */
export const handlesMessages = (cls: Class): boolean =>
  handlersOf(cls).some((method) => !getHandlerPolicy(cls, method).exempt);

/** The only transport for which each of its handlers is meant; `undefined`: all. */
export const messageTransports = (cls: Class): (number | symbol | undefined)[] =>
  handlersOf(cls).map(transportOf);

const transportOf = (method: object): number | symbol | undefined =>
  Reflect.getMetadata('microservices:transport', method) as number | symbol | undefined;

/** The methods of this class that handle events. @param followed whether the code they reach knows their call */
export const eventMethods = (cls: Class, followed: boolean): EventMethod[] =>
  handlersOf(cls).flatMap((method) => {
    const policy = getHandlerPolicy(cls, method);
    return policy.event
      ? [
          {
            policy,
            followed,
            patterns: [Reflect.getMetadata('microservices:pattern', method) ?? []].flat() as unknown[],
            transport: transportOf(method),
          },
        ]
      : [];
  });

const handlersOf = (cls: Class): Class[] =>
  messageMethods(cls).map(([prototype, property]) => (prototype as Record<string, Class>)[property] as Class);

/** By prototype: a class is looked up several times, and a base class once for each class that extends it. */
const methodsOf = new WeakMap<object, readonly string[]>();

function ownMessageMethods(prototype: object): readonly string[] {
  let methods = methodsOf.get(prototype);
  if (!methods) {
    methods = Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([property, { value }]) =>
      typeof value === 'function' && MESSAGE_MARKS.some((mark) => Reflect.hasMetadata(mark, value as object))
        ? [property]
        : [],
    );
    methodsOf.set(prototype, methods);
  }
  return methods;
}

/** Methods that handle messages, including inherited ones, and where they are. */
export function messageMethods(cls: object): [prototype: object, property: string][] {
  const methods: [object, string][] = [];
  let prototype = (cls as { prototype?: object | null }).prototype;
  while (prototype && prototype !== Object.prototype) {
    for (const property of ownMessageMethods(prototype)) {
      methods.push([prototype, property]);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return methods;
}
