import type { ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** Identifies a handler: its class, its name and its route. */
export function withoutRequest(context: ExecutionContext): ExecutionContext {
  const type = context.getType();
  const args: object[] = [];
  if (type === 'http') {
    const { method, route, routeOptions } = context.getArgByIndex<RoutedRequest>(0);
    args.push({
      method,
      headers: {},
      route: { path: route?.path },
      routeOptions: { url: routeOptions?.url },
    });
  }
  const host = new ExecutionContextHost(args, context.getClass(), context.getHandler());
  host.setType(type);
  return host;
}

interface RoutedRequest {
  readonly method?: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/** The name of a call for operators. */
export function routeName(context: ExecutionContext): string {
  const name = `${context.getClass().name}.${context.getHandler().name}`;
  if (context.getType() !== 'http') {
    return name;
  }
  const request = context.getArgByIndex<RoutedRequest>(0);
  const path = request.routeOptions?.url ?? request.route?.path;
  return typeof path === 'string' ? `${request.method} ${path}` : name;
}
