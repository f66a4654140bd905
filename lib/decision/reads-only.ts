import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import 'reflect-metadata';

/** Can a handler only read, as its decorator says. */
export function readsOnly(handler: object): boolean {
  const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  return method === RequestMethod.GET || method === RequestMethod.HEAD || method === RequestMethod.OPTIONS;
}
