import 'reflect-metadata';

const TRACKED = Symbol('nestjs-maintenance:tracked-handler');

/** Makes a handler known by its metadata, too. */
export const noteTracked = (handler: object): void => Reflect.defineMetadata(TRACKED, handler, handler);

/**
 * The handler whose calls are counted, for one that Nest calls. Instrumentation such as OpenTelemetry's, which Sentry's contains,
 * gives Nest a function of its own with the metadata of the handler, for a controller with an instance per request another one for
 * each request.
 */
export const trackedHandler = (handler: object): object =>
  (Reflect.getMetadata(TRACKED, handler) as object | undefined) ?? handler;
