// The application that is measured, with what a variant adds to it: `node http-app.js '{"adapter":"fastify",…}'`.
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  Param,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createCache, KeyvAdapter, type Cache } from 'cache-manager';
import redisStores from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { Session } from 'node:inspector/promises';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from '../../../lib/index.js';
import { answer } from '../../support/answer.js';
import { keysForWindows, planWindows } from '../plan-windows.js';

export interface Variant {
  readonly adapter: 'express' | 'fastify';
  /**
   * `bare`: nothing; `true`: a global guard that returns true; `read-redis`: one that reads five keys from Redis;
   * `buffer`: a middleware that writes a ready answer; `throw`: a guard that throws a fresh exception which a filter answers;
   * `module`: this library.
   */
  readonly kind: 'bare' | 'true' | 'read-redis' | 'buffer' | 'throw' | 'module';
  readonly redis?: string;
  /** Five keys, one of them active elsewhere, 20 paths and 20 address ranges. */
  readonly busy?: boolean;
  /** How many windows are planned. */
  readonly windows?: number;
  /** Are all calls followed. */
  readonly follows?: boolean;
  readonly coverage?: 'handlers' | 'site';
  /** With the realtime gateway. */
  readonly socket?: boolean;
  /** Is the site closed. */
  readonly closed?: boolean;
  /** What the references answer with. */
  readonly json?: string;
  readonly html?: string;
}

const variant = JSON.parse(process.argv[2] ?? '{}') as Variant;
const { adapter, kind, redis, json = '', html = '' } = variant;

@Controller()
class ItemsController {
  @Get()
  async index(): Promise<object> {
    return { hello: 'world' };
  }

  @Get('items/:id')
  async item(@Param('id') id: string): Promise<object> {
    return { id };
  }
}

@Injectable()
class TrueGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

const FIVE = ['a', 'b', 'c', 'd', 'e'].map((name) => `maintenance-${name}`);

/** As maintenance packages for other frameworks do it: every request asks the cache. */
@Injectable()
class ReadRedisGuard implements CanActivate {
  private readonly cache: Cache = createCache({
    stores: [
      new Keyv({ store: new KeyvAdapter(redisStores.redisInsStore(new Redis(redis ?? '')) as never) }),
    ],
  });

  async canActivate(): Promise<boolean> {
    return (await this.cache.mget(FIVE)).every((value) => value === undefined || value === null);
  }
}

@Injectable()
class ThrowingGuard implements CanActivate {
  canActivate(): boolean {
    throw new HttpException(JSON.parse(json) as object, 503);
  }
}

@Catch(HttpException)
class AnsweringFilter implements ExceptionFilter {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<IncomingMessage>();
    const response = host.switchToHttp().getResponse<Reply>();
    const wantsHtml = request.headers.accept === 'text/html';
    response.status(exception.getStatus()).header('Retry-After', '60').header('Cache-Control', 'no-store');
    if (wantsHtml) {
      response.header('Content-Type', 'text/html; charset=utf-8').send(html);
    } else {
      response.send(exception.getResponse());
    }
  }
}

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): void;
}

const guards: Partial<Record<Variant['kind'], Provider[]>> = {
  true: [{ provide: APP_GUARD, useClass: TrueGuard }],
  'read-redis': [{ provide: APP_GUARD, useClass: ReadRedisGuard }],
  throw: [
    { provide: APP_GUARD, useClass: ThrowingGuard },
    { provide: APP_FILTER, useClass: AnsweringFilter },
  ],
};

const twenty = <T>(make: (index: number) => T): T[] => Array.from({ length: 20 }, (_, index) => make(index));

function maintenanceModule() {
  const { coverage = 'handlers', socket = false, busy, follows, windows = 0 } = variant;
  return MaintenanceModule.forRoot({
    coverage,
    socket,
    admin: false,
    ...(follows && { followCalls: true }),
    ...(redis !== undefined && { redis }),
    ...(windows > 0 && { keys: keysForWindows(windows) }),
    ...(busy && {
      keys: FIVE.map((name) => new MaintenanceKey(name, { scope: 'marked' })),
      ignorePaths: twenty((index) => `/ignored/path-${index}`),
      bypass: { ips: twenty((index) => `10.${index}.0.0/16`) },
    }),
  });
}

@Module({
  imports: kind === 'module' ? [maintenanceModule()] : [],
  controllers: [ItemsController],
  providers: guards[kind] ?? [],
})
class AppModule {}

/** The fastest that a middleware can answer: one ready buffer, one pass of headers. */
function answerReady(app: INestApplication): void {
  const bodies = { json: Buffer.from(json), html: Buffer.from(html) };
  app.use((request: IncomingMessage, response: ServerResponse) => {
    const wantsHtml = request.headers.accept === 'text/html';
    const body = wantsHtml ? bodies.html : bodies.json;
    response.writeHead(503, {
      'Content-Type': wantsHtml ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
      'Content-Length': body.length,
      'Retry-After': '60',
      'Cache-Control': 'no-store',
    });
    response.end(body);
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const app = await NestFactory.create(
  AppModule,
  adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: ['error', 'fatal'] },
);
if (kind === 'buffer') {
  answerReady(app);
}
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as Server;
// connections wait for their turn for as long as it takes
Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
const service = kind === 'module' ? app.get(MaintenanceService) : undefined;
if (variant.busy) {
  await service?.setMaintenance(true, FIVE[0]);
}
if (variant.windows && service) {
  await planWindows(service, variant.windows);
}
if (variant.closed) {
  await service?.setMaintenance(true);
}
const profiler = new Session();

answer(
  {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    heap: () => {
      collect();
      collect();
      return process.memoryUsage().heapUsed;
    },
    profile: async (file?: string) => {
      if (file === undefined) {
        profiler.connect();
        await profiler.post('Profiler.enable');
        await profiler.post('Profiler.start');
      } else {
        writeFileSync(file, JSON.stringify((await profiler.post('Profiler.stop')).profile));
      }
    },
  },
  { port: (server.address() as AddressInfo).port },
);
