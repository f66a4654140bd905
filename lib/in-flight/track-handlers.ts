import type { DiscoveryService } from '@nestjs/core';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import 'reflect-metadata';
import type { CallFollowing } from './call-following.js';
import { trackMethod } from './track-method.js';
import { getHandlerPolicy, type HandlerPolicy } from '../decision/handler-policy.js';

/** Metadata of `@nestjs/graphql` on a resolver. */
const RESOLVER_METADATA = 'graphql:resolver_type';

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

/**
 * Prepares all route handlers before Nest registers them: their calls are counted, their decorators are read, and those that
 * could reach `maintain()` are followed.
 * @param note receives each handler and its target
 * @param following whose calls are followed
 * @param resolver receives each resolver's method
 * @returns whether there are any that maintenance could refuse
 */
export function trackHandlers(
  wrappers: readonly Wrapper[],
  note: (handler: object, target: HandlerPolicy) => void,
  following: CallFollowing,
  resolver: (method: object) => void,
): boolean {
  let serves = false;
  for (const wrapper of wrappers) {
    if (!wrapper.isDependencyTreeStatic()) {
      serves = trackPerRequest(wrapper, note, following, resolver) || serves;
      continue;
    }
    const instance: unknown = wrapper.instance;
    if (typeof instance !== 'object' || instance === null) {
      continue;
    }
    const follow = following.follows(wrapper);
    for (const property of routeMethods(instance)) {
      // Nest calls the prototype's resolvers, and the instance's routes
      trackMethod(ownerOf(instance, property), property, follow);
      const handler = (instance as Record<string, object & { name: string }>)[property];
      if (handler) {
        noteResolver(handler, resolver);
        const policy = getHandlerPolicy(instance.constructor, handler);
        note(handler, policy);
        serves ||= !policy.exempt;
      }
    }
  }
  return serves;
}

/** Calls of resolvers are counted by their class. */
function ownerOf(instance: object, property: string): object {
  const method = (instance as Record<string, unknown>)[property];
  return typeof method === 'function' && isResolver(method)
    ? (Object.getPrototypeOf(instance) as object)
    : instance;
}

const isResolver = (method: object): boolean => Reflect.hasMetadata(RESOLVER_METADATA, method);

function noteResolver(method: object, resolver: (method: object) => void): void {
  if (isResolver(method)) {
    resolver(method);
  }
}

/** Calls of request-scoped providers are counted by their class. */
function trackPerRequest(
  wrapper: Wrapper,
  note: (handler: object, target: HandlerPolicy) => void,
  following: CallFollowing,
  resolver: (method: object) => void,
): boolean {
  const cls = wrapper.metatype as (Function & { prototype?: unknown }) | null;
  const prototype: unknown = cls?.prototype;
  if (!cls || typeof prototype !== 'object' || prototype === null) {
    return false;
  }
  const properties = routeMethods(Object.create(prototype) as object);
  for (const property of properties) {
    trackMethod(prototype, property, following.follows(wrapper));
    const handler = (prototype as Record<string, object & { name: string }>)[property];
    if (handler) {
      noteResolver(handler, resolver);
      note(handler, getHandlerPolicy(cls, handler));
    }
  }
  return properties.length > 0;
}

/** Names of the methods that carry a route or a resolver decorator, including inherited ones. */
function routeMethods(instance: object): string[] {
  const names = new Set<string>();
  let prototype: unknown = Object.getPrototypeOf(instance);
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== 'constructor' && isRoute(Object.getOwnPropertyDescriptor(prototype, name)?.value)) {
        names.add(name);
      }
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...names];
}

const isRoute = (member: unknown): boolean =>
  typeof member === 'function' && (Reflect.hasMetadata(METHOD_METADATA, member) || isResolver(member));
