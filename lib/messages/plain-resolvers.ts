import type { Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { MaintenanceGuard } from '../http/maintenance.guard.js';
import { trackMethod } from '../in-flight/track-method.js';
import { ENTITIES, type GraphqlOperation } from './graphql-operation.js';

type Resolve = (...of: [source: unknown, args: unknown, context: unknown, info: Info]) => unknown;

interface Info {
  readonly fieldName: string;
}

interface Field {
  readonly name: string;
  resolve?: Resolve;
  subscribe?: Resolve;
}

interface RootType {
  readonly name: string;
  getFields(): Record<string, Field>;
}

/** The part of a GraphQL schema that is used here. */
export interface GraphqlSchema {
  getQueryType(): RootType | null | undefined;
  getMutationType(): RootType | null | undefined;
  getSubscriptionType(): RootType | null | undefined;
}

/** Called with the schema of a server before it serves. */
export type WatchSchema = (schema: GraphqlSchema) => void;

/** What an application gives its GraphQL module beside Nest's resolvers. */
export interface GivenResolvers {
  readonly resolvers?: unknown;
  readonly schema?: unknown;
}

/** By field, what it was resolved by: applications may share a schema, one after the other. */
const originals = new WeakMap<Field, Resolve>();

/**
 * Fields of queries, mutations and subscriptions that no resolver of Nest's serves, so that Nest asks no guard: those of the
 * options `resolvers`, `schema` and `rootValue`, and the field for entities of a federation.
 */
export class PlainResolvers {
  private readonly given: GivenResolvers;

  /** @param options before Nest adds its own resolvers to them */
  constructor(
    private readonly guard: MaintenanceGuard,
    options: GivenResolvers,
    /** Whether code that they reach knows its call. */
    private readonly follows: boolean,
    private readonly operations: EntityOperations,
  ) {
    this.given = { resolvers: options.resolvers, schema: options.schema };
  }

  /** Makes them ask the guard. @returns whether there are any */
  watch(schema: GraphqlSchema): boolean {
    return rootTypes(schema)
      .map(([type, key]) => type !== undefined && this.watchType(type, key))
      .includes(true);
  }

  private watchType(type: RootType, key: 'resolve' | 'subscribe'): boolean {
    const plain = Object.values(type.getFields()).filter((field) => this.isPlain(type, field, key));
    const cls = Object.defineProperty(class {}, 'name', { value: type.name });
    plain.forEach((field) => this.guardField(cls, field, key));
    return plain.length > 0;
  }

  private isPlain(type: RootType, field: Field, key: 'resolve' | 'subscribe'): boolean {
    const { name } = field;
    return (
      originals.has(field) ||
      name === ENTITIES ||
      [this.given.resolvers].flat().some((map) => isGivenBy(map, type.name, name)) ||
      rootTypes(this.given.schema).some(
        ([other]) => other?.name === type.name && name in other.getFields(),
      ) ||
      (key === 'resolve' && isDefault(field.resolve))
    );
  }

  private guardField(cls: Type, field: Field, key: 'resolve' | 'subscribe'): void {
    const { name } = field;
    const original = originals.get(field) ?? field[key] ?? readSource;
    if (typeof original !== 'function') {
      // Mercurius takes any object, and fails when the field is asked for
      return;
    }
    originals.set(field, original);
    const calls: Record<string, Resolve> = { [name]: (...args) => allOf(original(...args)) };
    trackMethod(calls, name, this.follows);
    // whatever the function is called
    const tracked = Object.defineProperty(calls[name] as Resolve, 'name', { value: name });
    field[key] = async (...args) => {
      if (name === ENTITIES) {
        return this.findEntities(original, args);
      }
      const context = new ExecutionContextHost(args, cls, tracked);
      context.setType('graphql');
      await this.guard.canActivate(context);
      return tracked(...args);
    };
  }

  /**
   * Over HTTP the whole operation has been judged already, by its variables, and counts until its response is sent. Which of them are
   * representations is certain only here.
   */
  private async findEntities(original: Resolve, args: Parameters<Resolve>): Promise<unknown> {
    const [, values, contextValue] = args;
    const over = await this.operations.admitEntities({ contextValue }, values);
    try {
      return await allOf(original(...args));
    } finally {
      over();
    }
  }
}

/** Decides about operations that ask for entities. */
interface EntityOperations {
  admitEntities(operation: GraphqlOperation, values: unknown): Promise<() => void>;
}

function rootTypes(schema: unknown): [type: RootType | undefined, key: 'resolve' | 'subscribe'][] {
  const { getQueryType } = (schema ?? {}) as Partial<GraphqlSchema>;
  if (typeof getQueryType !== 'function') {
    return [];
  }
  const known = schema as GraphqlSchema;
  return [
    [known.getQueryType() ?? undefined, 'resolve'],
    [known.getMutationType() ?? undefined, 'resolve'],
    [known.getSubscriptionType() ?? undefined, 'subscribe'],
  ];
}

/** Entities are a list of promises, of which each may fail by itself. */
const allOf = (result: unknown): unknown =>
  Array.isArray(result) ? Promise.allSettled(result).then(() => result as unknown[]) : result;

const isGivenBy = (resolvers: unknown, type: string, field: string): boolean =>
  (resolvers as Record<string, Record<string, unknown> | undefined> | null | undefined)?.[type]?.[field] !==
  undefined;

/** Resolvers of `graphql` and of its tools for fields without one: they read what the option `rootValue` gives. */
const isDefault = (resolve: Resolve | undefined): boolean =>
  resolve === undefined ||
  resolve.name === 'defaultFieldResolver' ||
  resolve.name === 'defaultMergedResolver';

/** As `graphql` does. */
const readSource: Resolve = (source, args, context, info) => {
  const value = (source as Record<string, unknown> | null | undefined)?.[info.fieldName];
  return typeof value === 'function' ? (value.call(source, args, context, info) as unknown) : value;
};
