import {
  Module,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TestingModuleBuilder } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';

/** A module's metadata, a module class, or what `Test.createTestingModule(…)` gives (to override providers). */
export type AppSource = ModuleMetadata | Type | TestingModuleBuilder;

export interface AppOptions extends NestApplicationOptions {
  /** Believe `X-Forwarded-For`. */
  trustProxy?: boolean;
  /** Default: any that is free. */
  port?: number;
  /** An Express or Fastify application that has something of its own already. */
  instance?: unknown;
}

export interface RunningApp<App extends INestApplication = INestApplication> extends AsyncDisposable {
  app: App;
  url: string;
  port: number;
  /** What the application has logged, as `level [context] message`. */
  log: readonly string[];
  close(): Promise<void>;
}

/** Starts an application on a free port. `configure` sets it up before it listens: prefix, filters, static files. */
export type CreateApp<App extends INestApplication = INestApplication> = (
  source: AppSource,
  configure?: (app: App) => unknown,
  options?: AppOptions,
) => Promise<RunningApp<App>>;

/** Keeps an application's log lines. Nest has one logger per process: they come from the app that was started last. */
class LogLines implements LoggerService {
  readonly lines: string[] = [];
  readonly log = this.#add('log');
  readonly error = this.#add('error');
  readonly warn = this.#add('warn');
  readonly debug = this.#add('debug');
  readonly verbose = this.#add('verbose');
  readonly fatal = this.#add('fatal');

  #add(level: string) {
    return (message: unknown, ...rest: unknown[]): void => {
      const [context, ...traces] = rest.filter((part) => part !== undefined).toReversed();
      const text = typeof message === 'string' ? message : inspect(message);
      const line = context === undefined ? text : `[${String(context)}] ${text}`;
      this.lines.push([`${level} ${line}`, ...traces].join('\n'));
    };
  }
}

async function start<App extends INestApplication>(
  adapter: AbstractHttpAdapter,
  source: AppSource,
  configure?: (app: App) => unknown,
  { port: wanted = 0, ...options }: Omit<AppOptions, 'trustProxy' | 'instance'> = {},
): Promise<RunningApp<App>> {
  const logger = new LogLines();
  const settings: NestApplicationOptions = { logger, abortOnError: false, ...options };
  const app = await create<App>(adapter, source, settings);
  const close = () => app.close();
  try {
    await configure?.(app);
    await app.listen(wanted, '127.0.0.1');
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    log: logger.lines,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function create<App extends INestApplication>(
  adapter: AbstractHttpAdapter,
  source: AppSource,
  settings: NestApplicationOptions,
): Promise<App> {
  if (source instanceof TestingModuleBuilder) {
    const testing = await source.setLogger(settings.logger as LoggerService).compile();
    return testing.createNestApplication<App>(adapter, settings);
  }
  const root = typeof source === 'function' ? source : rootModule(source);
  return NestFactory.create<App>(root, adapter, settings);
}

function rootModule(metadata: ModuleMetadata): Type {
  @Module(metadata)
  class RootModule {}
  return RootModule;
}

// Connections are closed by force: a browser's spare one, never used, would hold the end up for as long as Node lets it.

export const createExpressApp: CreateApp<NestExpressApplication> = (source, configure, options = {}) => {
  const { trustProxy = false, instance, ...settings } = options;
  const adapter = new ExpressAdapter(instance);
  adapter.set('trust proxy', trustProxy);
  return start(adapter, source, configure, { forceCloseConnections: true, ...settings });
};

export const createFastifyApp: CreateApp<NestFastifyApplication> = (source, configure, options = {}) => {
  const { trustProxy = false, instance, ...settings } = options;
  // Fastify's own option: with Nest's, Nest 11 leaves closing the sockets of gateways to an adapter that does not
  const given = (instance ?? { trustProxy, forceCloseConnections: true }) as { trustProxy: boolean };
  return start(new FastifyAdapter(given), source, configure, settings);
};

/** For `describe.each(adapters)('… on %s', (name, createApp) => …)`. */
export const adapters: readonly (readonly [name: 'express' | 'fastify', createApp: CreateApp])[] = [
  ['express', createExpressApp as CreateApp],
  ['fastify', createFastifyApp as CreateApp],
];
