import { RequestMethod, type ExecutionContext } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import 'reflect-metadata';

/** Identifies a handler: its class, its name and its route. */
export function withoutRequest(context: ExecutionContext): ExecutionContext {
  const type = context.getType();
  const args: object[] = [];
  if (type === 'http') {
    const { method, route, routeOptions } = context.getArgByIndex<RoutedRequest | undefined>(0) ?? {};
    args.push({
      // served by what serves GET: not named after the first request, which is often that of a monitor
      method: method === 'HEAD' && servesGet(context) ? 'GET' : method,
      headers: {},
      route: { path: route?.path },
      routeOptions: { url: routeOptions?.url },
    });
  }
  const host = new ExecutionContextHost(args, context.getClass(), context.getHandler());
  host.setType(type);
  return host;
}

const servesGet = (context: ExecutionContext): boolean =>
  Reflect.getMetadata(METHOD_METADATA, context.getHandler()) === RequestMethod.GET;

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
