import { fileURLToPath } from 'node:url';
import { Controller, Get, Post, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { MaintenanceExempt, MaintenanceModule, type MaintenanceRootOptions } from 'nestjs-maintenance';
import type { CreateApp, RunningApp } from '../support/apps.js';
import { createExpress, createFastify } from '../support/frameworks.js';

const FILES = fileURLToPath(new URL('files', import.meta.url));

/** What handlers outside of Nest have written: a refused request must not be in it. */
export const written: string[] = [];

@Controller()
class SiteController {
  @Get('handler')
  handler(): string {
    return 'handler';
  }

  @Post('handler')
  write(): string {
    written.push('handler');
    return 'written';
  }

  @MaintenanceExempt()
  @Get('health')
  health(): string {
    return 'healthy';
  }

  @MaintenanceExempt()
  @Post('health')
  report(): string {
    return 'reported';
  }
}

type Plain = (request: unknown, reply: { send(text: string): unknown; end(text: string): unknown }) => void;
type Routes = Record<'get' | 'post' | 'all', (path: string, handler: Plain) => unknown>;

const send: Plain = (_request, reply) => reply.send('plain');
const write: Plain = (_request, reply) => {
  written.push('plain');
  reply.send('plain');
};

/** One way of serving something, the same on both adapters. */
export interface Way {
  readonly what: string;
  readonly path: string;
  /** What is exempt by path, in `ignorePaths`. */
  readonly ignored: string;
  readonly method?: 'GET' | 'POST' | 'HEAD';
  /** While the site is open. Default 200. */
  readonly open?: number;
}

export const WAYS: readonly Way[] = [
  { what: 'a handler', path: '/handler', ignored: '/handler' },
  { what: 'a handler that writes', path: '/handler', ignored: '/handler', method: 'POST', open: 201 },
  { what: 'a route that was there before Nest', path: '/early/page', ignored: '/early' },
  { what: 'one that writes', path: '/early/page', ignored: '/early', method: 'POST' },
  { what: 'a router, or a plugin, that was there before', path: '/earlier/page', ignored: '/earlier' },
  { what: 'a file that was there before', path: '/earliest/style.css', ignored: '/earliest' },
  { what: 'a route by hand', path: '/late/7', ignored: '/late' },
  { what: 'a route by hand that writes', path: '/late/7', ignored: '/late', method: 'POST' },
  { what: 'HEAD of a route by hand', path: '/late/7', ignored: '/late', method: 'HEAD' },
  { what: 'a function in use()', path: '/used', ignored: '/used' },
  { what: 'what lies below a function in use()', path: '/used/a/b', ignored: '/used/a' },
  { what: 'a router in use(), or a plugin', path: '/later/page', ignored: '/later' },
  { what: 'a static file', path: '/assets/style.css', ignored: '/assets' },
  { what: 'one static file alone', path: '/assets/style.css', ignored: '/assets/style.css' },
  { what: 'a static file at the root', path: '/robots.txt', ignored: '/robots.txt' },
  {
    what: 'the challenge of a certificate',
    path: '/.well-known/acme-challenge/token',
    ignored: '/.well-known/acme-challenge',
  },
  { what: 'a file of ServeStaticModule', path: '/module/style.css', ignored: '/module' },
  { what: 'a file that is served in place of what is missing', path: '/module/any/page', ignored: '/module' },
  { what: 'Swagger', path: '/docs', ignored: '/docs' },
  { what: "Swagger's assets", path: '/docs/swagger-ui.css', ignored: '/docs' },
  { what: "Swagger's document", path: '/docs-json', ignored: '/docs-json' },
  { what: 'nothing', path: '/nowhere', ignored: '/nowhere', open: 404 },
  { what: 'nothing that writes', path: '/nowhere', ignored: '/nowhere', method: 'POST', open: 404 },
];

/** A site that serves something in each way. */
export async function createSite(
  adapter: 'express' | 'fastify',
  createApp: CreateApp,
  options: MaintenanceRootOptions = {},
  configure: (app: INestApplication) => unknown = () => undefined,
): Promise<RunningApp> {
  const express = adapter === 'express';
  const files = ServeStaticModule.forRoot({
    rootPath: FILES,
    serveRoot: '/module',
    serveStaticOptions: { fallthrough: true },
  });
  return createApp(
    {
      imports: [
        MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false, ...options }),
        files,
      ],
      controllers: [SiteController],
    },
    async (app) => {
      await configure(app);
      await (express
        ? addToExpress(app as NestExpressApplication)
        : addToFastify(app as NestFastifyApplication));
    },
    { instance: await (express ? startExpress() : startFastify()) },
  );
}

function startExpress(): unknown {
  const app = createExpress();
  addRoutes(app as unknown as Routes, '/early/page');
  const router = createExpress.Router();
  addRoutes(router as unknown as Routes, '/page');
  app.use('/earlier', router);
  app.use('/earliest', createExpress.static(FILES));
  return app;
}

async function startFastify(): Promise<unknown> {
  const app = createFastify({ forceCloseConnections: true });
  addRoutes(app as unknown as Routes, '/early/page');
  // a part of its own, which has no hooks but those of now
  await app.register(
    (part, _options, done) => {
      addRoutes(part as unknown as Routes, '/page');
      done();
    },
    { prefix: '/earlier' },
  );
  const { default: plugin } = await import('@fastify/static');
  await app.register(plugin, { root: FILES, prefix: '/earliest/', decorateReply: false });
  return app;
}

function addRoutes(routes: Routes, path: string): void {
  routes.get(path, send);
  routes.post(path, write);
}

function addToExpress(app: NestExpressApplication): void {
  addRoutes(app.getHttpAdapter().getInstance() as unknown as Routes, '/late/:id');
  app.use('/used', ((_request, reply) => reply.end('used')) satisfies Plain);
  const router = createExpress.Router();
  addRoutes(router as unknown as Routes, '/page');
  app.use('/later', router);
  app.useStaticAssets(FILES, { prefix: '/assets' });
  app.useStaticAssets(FILES, { dotfiles: 'allow' });
  addSwagger(app);
}

async function addToFastify(app: NestFastifyApplication): Promise<void> {
  addRoutes(app.getHttpAdapter().getInstance() as unknown as Routes, '/late/:id');
  app.use('/used', ((_request, reply) => reply.end('used')) satisfies Plain);
  await app.register(
    (part, _options, done) => {
      addRoutes(part as unknown as Routes, '/page');
      done();
    },
    { prefix: '/later' },
  );
  app.useStaticAssets({ root: FILES, prefix: '/assets/', decorateReply: false });
  app.useStaticAssets({ root: FILES, serveDotFiles: true, decorateReply: false, dotfiles: 'allow' });
  addSwagger(app);
}

function addSwagger(app: INestApplication): void {
  SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
}
