import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import 'reflect-metadata';
import { PLAIN_POLICY, type HandlerPolicy } from '../../decision/handler-policy.js';
import type { Place } from '../../decision/ignore-paths.js';

/** Metadata that `configure()` sets on handlers; Nest copies it to what it registers with the router. */
export const TARGET = Symbol('nestjs-maintenance:target');

/**
 * Notes the target of a handler. One that several classes share, because it is created for each request and one of them inherits
 * it, has none if their decorators differ: the guard decides, which knows the class.
 */
export function noteTarget(handler: object, target: HandlerPolicy): void {
  const shared = Reflect.hasOwnMetadata(TARGET, handler);
  const known = Reflect.getOwnMetadata(TARGET, handler) as HandlerPolicy | undefined;
  if (!shared) {
    Reflect.defineMetadata(TARGET, target, handler);
  } else if (known !== target && !(known?.isPlain && target.isPlain)) {
    Reflect.defineMetadata(TARGET, undefined, handler);
  }
}

/** What is certain about a route before Nest has seen the request. */
export type RouteKnowledge = { readonly target: HandlerPolicy } | 'unknown' | 'not-nest';

/** Something that may serve a request. */
export interface Server {
  /** What its handler's decorators say; {@link PLAIN_POLICY} if it is none of Nest's. */
  readonly target: HandlerPolicy;
  readonly place: Place;
  /** It is a route whose method can write, whatever middleware has made of that of the request since. */
  readonly writes?: boolean;
}

/** What a route's handler reveals: its target, that it is one of Nest's but unknown, or that it is none of Nest's. */
export function knowledgeOf(handler: unknown): RouteKnowledge {
  if (typeof handler !== 'function' || Reflect.getMetadata(PATH_METADATA, handler) === undefined) {
    return 'not-nest';
  }
  const target = Reflect.getMetadata(TARGET, handler) as HandlerPolicy | undefined;
  return target ? { target } : 'unknown';
}

/**
 * A route that is none of Nest's. One that ends in a wildcard serves what lies below it, such as files: there the path of the
 * request counts as well, as it does for the same files served without a route.
 */
export function plainRoute(template: string | undefined, path: string): Server {
  const isByPath = template === undefined || WILDCARD.test(template);
  const place = isByPath ? { template, path, isServed: true } : { template };
  return { target: PLAIN_POLICY, place };
}

/** Nothing that is known to serve a path. */
export const unserved = (path: string): Server => ({ target: PLAIN_POLICY, place: { path } });

const WILDCARD = /\*\w*\}?\/?$/;

/** Where GraphQL is served: a resolver may be exempt, and only GraphQL knows which one is called. */
export class GraphqlPaths {
  private paths: readonly string[] | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly globalPrefix: () => string,
  ) {}

  /** @param path of a request or a route */
  matches(path: string): boolean {
    this.paths ??= this.find();
    if (this.paths.length === 0) {
      return false;
    }
    const asked = path.toLowerCase().replace(/\/$/, '');
    // at the root it has only the root, not the whole site
    return this.paths.some(
      (graphql) => asked === graphql || (graphql !== '' && asked.startsWith(`${graphql}/`)),
    );
  }

  private find(): string[] {
    return [...this.modules.values()].flatMap((module) => {
      const options = module.providers.get('GqlModuleOptions')?.instance as { path?: string } | undefined;
      if (!options) {
        return [];
      }
      const path = slashed(options.path ?? '/graphql');
      return [path, slashed(this.globalPrefix()) + path];
    });
  }
}

const slashed = (path: string): string =>
  path
    .toLowerCase()
    .split('/')
    .filter(Boolean)
    .map((segment) => `/${segment}`)
    .join('');
