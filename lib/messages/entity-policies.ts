import type { ModulesContainer } from '@nestjs/core';
import 'reflect-metadata';
import { getHandlerPolicy, HandlerPolicy, PLAIN_POLICY } from '../decision/handler-policy.js';

/** Metadata that `@ResolveReference()` sets on a method, and `@Resolver()` on a class: the name of its type. */
const REFERENCE = 'graphql:resolve_reference';
const TYPE = 'graphql:resolver_type';

/** The type of an entity, in its representation. */
const TYPENAME = '__typename';

type Class = Function & { readonly prototype: object };

/** What the decorators of reference resolvers say, by the types of entities that they find. */
export class EntityPolicies {
  private known: ReadonlyMap<string, HandlerPolicy> | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  /**
   * The policy of an operation that asks for entities.
   * @param values that may contain representations of entities; if they contain none, the operation may ask for all types
   */
  find(values: unknown): HandlerPolicy {
    const known = (this.known ??= new Map(this.explore()));
    const types = typesIn(values);
    const all =
      types.size === 0 ? [...known.values()] : [...types].map((type) => known.get(type) ?? PLAIN_POLICY);
    return all.length === 0 ? PLAIN_POLICY : all.reduce(both);
  }

  private *explore(): Generator<[type: string, policy: HandlerPolicy]> {
    for (const { providers } of this.modules.values()) {
      for (const { metatype } of providers.values()) {
        const type: unknown = typeof metatype === 'function' && Reflect.getMetadata(TYPE, metatype);
        const method = typeof type === 'string' ? referenceResolver(metatype as Class) : undefined;
        if (method) {
          yield [type as string, getHandlerPolicy(metatype as Class, method)];
        }
      }
    }
  }
}

function referenceResolver({ prototype }: Class): Function | undefined {
  for (let owner = prototype; owner !== Object.prototype; owner = Object.getPrototypeOf(owner) as object) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value === 'function' && Reflect.hasMetadata(REFERENCE, value as Function)) {
        return value as Function;
      }
    }
  }
  return undefined;
}

/** Of the representations in the variables of an operation, or in the arguments of a field. */
function typesIn(values: unknown): Set<string> {
  const types = new Set<string>();
  for (const value of Object.values((values ?? {}) as object).flat() as unknown[]) {
    const name = (value as Record<string, unknown> | null | undefined)?.[TYPENAME];
    if (typeof name === 'string') {
      types.add(name);
    }
  }
  return types;
}

/** A key refuses both together if it refuses one of them. */
function both(one: HandlerPolicy, other: HandlerPolicy): HandlerPolicy {
  if (one.exempt || other.exempt) {
    return one.exempt ? other : one;
  }
  const exemptKeys = [...one.exemptKeys].filter((key) => other.exemptKeys.has(key));
  return new HandlerPolicy('', false, new Set(exemptKeys), new Set([...one.keys, ...other.keys]));
}
