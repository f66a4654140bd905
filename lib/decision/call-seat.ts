import { StreamableFile } from '@nestjs/common';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import 'reflect-metadata';

/** The argument by which a call of a route handler is told from others: its request or its reply. */
export interface Seat {
  readonly index: number;
  /** The handler does not ask for it: it is taken away again before it is called. */
  readonly added: boolean;
  /** The handler answers by itself, and perhaps not at all when the client is gone. */
  readonly answers: boolean;
  /** Has Nest pass it. */
  claim(): void;
}

type Parameters = Record<string, { index: number; data?: unknown; pipes?: unknown[] }>;

/** In place of what a parameter decorator was told. */
const ADDED = Symbol('nestjs-maintenance:request');

/**
 * @param declared how many arguments the method declares
 * @returns `undefined` where the method is no HTTP route's handler
 */
export function seatOf(instance: object, property: string, declared: number): Seat | undefined {
  const cls = instance.constructor;
  const method: unknown = (instance as Record<string, unknown>)[property];
  if (typeof method !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, method)) {
    return undefined;
  }
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, cls, property) ?? {}) as Parameters;
  const at = (type: RouteParamtypes) =>
    Object.entries(parameters).find(([key]) => key.startsWith(`${type}:`))?.[1];
  const [reply, request] = [at(RouteParamtypes.RESPONSE), at(RouteParamtypes.REQUEST)];
  const found = reply ?? request;
  if (found) {
    const { index, data } = found;
    return { index, added: data === ADDED, answers: reply !== undefined, claim: () => undefined };
  }
  const index = Math.max(declared, ...Object.values(parameters).map((parameter) => parameter.index + 1));
  const more: Parameters = { [`${RouteParamtypes.REQUEST}:${index}`]: { index, data: ADDED, pipes: [] } };
  return {
    index,
    added: true,
    answers: false,
    claim: () => Reflect.defineMetadata(ROUTE_ARGS_METADATA, { ...parameters, ...more }, cls, property),
  };
}

/** Does Nest send this bit by bit: when the client goes it stops, and leaves the response as it is. */
export function isStreamed(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value instanceof StreamableFile ||
      typeof (value as { subscribe?: unknown }).subscribe === 'function' ||
      typeof (value as { pipe?: unknown }).pipe === 'function' ||
      Symbol.asyncIterator in value ||
      value instanceof Response)
  );
}
