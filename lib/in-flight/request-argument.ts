import { StreamableFile } from '@nestjs/common';
import {
  METHOD_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import 'reflect-metadata';
import type { Remainder } from './handler-calls.js';
import { isUnwatchedBody } from './streamed-bodies.js';

/** The argument that identifies a call of a route handler: its request or its reply. */
export interface RequestArgument {
  readonly index: number;
  /** How many arguments the handler declares, if it does not declare this one. */
  readonly keeps: number | undefined;
  /** The handler responds by itself, and perhaps never if the client is gone. */
  readonly answers: boolean;
  /** Makes Nest pass it. */
  claim(): void;
}

type Parameters = Record<string, { index: number; data?: unknown; pipes?: unknown[] }>;

/** Replaces the data of a parameter decorator. */
const ADDED = Symbol('nestjs-maintenance:request');

/**
 * @param declared how many arguments the method declares
 * @returns `undefined` where the method is no HTTP route's handler
 */
export function findRequestArgument(
  instance: object,
  property: string,
  declared: number,
): RequestArgument | undefined {
  const cls = instance.constructor;
  const method: unknown = (instance as Record<string, unknown>)[property];
  if (typeof method !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, method)) {
    return undefined;
  }
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, cls, property) ?? {}) as Parameters;
  const at = (type: RouteParamtypes) =>
    Object.entries(parameters).find(([key]) => key.startsWith(`${type}:`))?.[1];
  const [reply, request] = [at(RouteParamtypes.RESPONSE), at(RouteParamtypes.REQUEST)];
  const passed = Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, cls, property) === true;
  const answers = !passed && (reply ?? at(RouteParamtypes.NEXT)) !== undefined;
  const found = reply ?? request;
  const own = Object.values(parameters).filter((parameter) => parameter.data !== ADDED);
  const keeps = Math.max(0, ...own.map((parameter) => parameter.index + 1));
  if (found) {
    const { index, data } = found;
    return {
      index,
      keeps: data === ADDED ? keeps : undefined,
      answers,
      claim: () => undefined,
    };
  }
  const index = Math.max(declared, keeps);
  const more: Parameters = { [`${RouteParamtypes.REQUEST}:${index}`]: { index, data: ADDED, pipes: [] } };
  return {
    index,
    keeps,
    answers,
    claim: () => Reflect.defineMetadata(ROUTE_ARGS_METADATA, { ...parameters, ...more }, cls, property),
  };
}

/**
 * What is left of a call with that result if Nest sends the response. Of what it listens to, or waits for the first piece of,
 * it sends nothing if the client goes meanwhile.
 */
export function remainderOf(result: unknown): Remainder {
  // most are plain
  if (typeof result !== 'object' || result === null || isPlain(result)) {
    return 'answer';
  }
  if (result instanceof StreamableFile) {
    return 'result';
  }
  return 'subscribe' in result || isUnwatchedBody(result) ? 'nothing' : 'answer';
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
};

/**
 * The arguments that a handler declares. The application may call it too, with more of them: arguments with a default do not
 * count as declared.
 */
export function argumentsFor({ index, keeps }: RequestArgument, args: unknown[]): unknown[] {
  return keeps === undefined || !isRequest(args[index]) ? args : keeps === 0 ? NONE : args.slice(0, keeps);
}

const NONE: unknown[] = [];

const isRequest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'headers' in value && 'method' in value;
