import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import 'reflect-metadata';
import type { HandlerPolicy } from '../../decision/handler-policy.js';

/** What `configure()` leaves on handlers; Nest copies it on to what it registers with the router. */
export const TARGET = Symbol('nestjs-maintenance:target');

/** What is certain of a route before Nest has seen the request. */
export type RouteKnowledge = { readonly target: HandlerPolicy } | 'unknown' | 'not-nest';

/** What a route's handler tells: its target, that it is Nest's but not known, or that it is none of Nest's. */
export function knowledgeOf(handler: unknown): RouteKnowledge {
  if (typeof handler !== 'function' || Reflect.getMetadata(PATH_METADATA, handler) === undefined) {
    return 'not-nest';
  }
  const target = Reflect.getMetadata(TARGET, handler) as HandlerPolicy | undefined;
  return target ? { target } : 'unknown';
}

/** Is a route certain to be refused if the site is: Nest's own guard need not be asked. */
export function isCertain(knowledge: RouteKnowledge): boolean {
  return knowledge === 'not-nest' || (knowledge !== 'unknown' && knowledge.target.isPlain);
}

/** Where GraphQL is served: a resolver may be exempt, and only GraphQL knows which one is asked. */
export class GraphqlPaths {
  private paths: readonly string[] | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly globalPrefix: () => string,
  ) {}

  /** @param path of a request or a route */
  matches(path: string): boolean {
    this.paths ??= this.find();
    const asked = path.toLowerCase();
    return this.paths.some((graphql) => asked === graphql || asked.startsWith(`${graphql}/`));
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
