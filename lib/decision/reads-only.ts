import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import 'reflect-metadata';

/** Whether a handler can only read, according to its decorator. */
export function readsOnly(handler: object): boolean {
  const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  return method === RequestMethod.GET || method === RequestMethod.HEAD || method === RequestMethod.OPTIONS;
}
