import { BullModule, type RegisterQueueOptions } from '@nestjs/bullmq';
import {
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type LoggerService,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlowProducer, Queue } from 'bullmq';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { MaintenanceBullModule, type MaintenanceBullOptions } from 'nestjs-maintenance/bullmq';
import type { RedisServer } from '../support/redis.js';

export interface BullApp extends AsyncDisposable {
  readonly app: INestApplicationContext;
  readonly service: MaintenanceService;
  readonly log: readonly string[];
}

export interface BullSite extends ModuleMetadata {
  readonly queues?: RegisterQueueOptions[];
  readonly bull?: MaintenanceBullOptions;
  readonly maintenance?: MaintenanceRootOptions;
  /** Without the module that is tested. */
  readonly unguarded?: boolean;
  /** In place of the module with all this. */
  readonly root?: (imports: NonNullable<ModuleMetadata['imports']>) => ModuleMetadata;
}

/** A replica whose state and queues are in that Redis. */
export async function startBull(redis: RedisServer, site: BullSite = {}): Promise<BullApp> {
  const { queues = [{ name: 'mail' }], bull, maintenance, unguarded = false, root, ...metadata } = site;
  const imports: DynamicModule[] = [
    BullModule.forRoot({ connection: connectionOf(redis) }),
    BullModule.registerQueue(...queues),
    MaintenanceModule.forRoot({
      socket: false,
      admin: false,
      redis: redis.url,
      lease: 1_000,
      keys: [new MaintenanceKey('billing'), new MaintenanceKey('reports', { scope: 'marked' })],
      ...maintenance,
    }),
    ...(unguarded ? [] : [MaintenanceBullModule.forRoot(bull)]),
  ];
  const log: string[] = [];
  @Module({ ...metadata, imports: [...imports, ...(metadata.imports ?? [])], ...root?.(imports) })
  class RootModule {}
  const app = await NestFactory.createApplicationContext(RootModule, {
    logger: recorder(log),
    abortOnError: false,
  });
  return { app, service: app.get(MaintenanceService), log, [Symbol.asyncDispose]: () => app.close() };
}

/**
 * An application that did not start never closes its connections: they end with the server, instead of trying for ever and meeting
 * the specs that come next in this process.
 */
export const connectionOf = (redis: RedisServer) => ({
  host: redis.host,
  port: redis.port,
  retryStrategy: (times: number) => (redis.isStopped ? null : Math.min(50 * times, 1_000)),
});

/** A queue of somebody who only adds jobs. */
export function openQueue(redis: RedisServer, name = 'mail'): Queue & AsyncDisposable {
  return disposable(new Queue(name, { connection: connectionOf(redis) }));
}

export function openFlows(redis: RedisServer): FlowProducer & AsyncDisposable {
  return disposable(new FlowProducer({ connection: connectionOf(redis) }));
}

const disposable = <T extends { close(): Promise<unknown> }>(value: T): T & AsyncDisposable =>
  Object.assign(value, { [Symbol.asyncDispose]: async () => void (await value.close()) });

function recorder(log: string[]): LoggerService {
  const add =
    (level: string) =>
    (message: unknown): void =>
      void log.push(`${level} ${String(message)}`);
  return { log: add('log'), warn: add('warn'), error: add('error') };
}
