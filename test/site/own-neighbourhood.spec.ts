import fastifyStatic from '@fastify/static';
import { Controller, Get, Injectable, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Request, type Response } from 'express';
import type { FastifyInstance } from 'fastify';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { maintenance, serviceOf, SHOP } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

@Injectable()
@Controller()
class OwnController {
  @Get('maintenance/diary')
  diary(): string {
    return 'diary';
  }
}

type Row = [method: 'GET' | 'POST' | 'PUT', path: string, status: number];

/** What nobody serves there is answered by the application; what is its own, or only looks like it, is refused. */
const rows = (prefix: string): Row[] => [
  ['GET', `${prefix}/maintenance`, 404],
  ['GET', `${prefix}/maintenance/`, 404],
  ['GET', `${prefix}/maintenance/nothing`, 404],
  ['GET', `${prefix}/maintenance/keys/a/b`, 404],
  ['POST', `${prefix}/maintenance/ping`, 404],
  ['PUT', `${prefix}/maintenance/events`, 404],
  ['GET', `${prefix}/maintenance/diary`, 503],
  ['GET', `${prefix}/maintenances`, 503],
  ['GET', `/other${prefix}/maintenance/nothing`, 503],
  ['GET', `${prefix}/maintenance/../shop`, 503],
  ['GET', `${prefix}/shop/maintenance/nothing`, 503],
];

describe.each(adapters)('routes next to ours on %s', (_name, createApp) => {
  it.each<[string, MaintenanceRootOptions, string]>([
    ['handlers', {}, ''],
    ['site', { coverage: 'site' }, ''],
    ['site, after middleware', { coverage: 'site', bypass: { when: () => false } }, ''],
    ['site, below a prefix', { coverage: 'site' }, '/api'],
  ])('are exempt as configured, with coverage %s', async (_what, options, prefix) => {
    await using running = await createApp(
      { imports: [maintenance(options)], ...SHOP, controllers: [...SHOP.controllers, OwnController] },
      (app: INestApplication) => prefix && app.setGlobalPrefix(prefix),
    );
    await serviceOf(running).setMaintenance(true);
    for (const [method, path, status] of rows(prefix)) {
      if (options.coverage === undefined && status === 503 && !path.endsWith('/diary')) continue;
      const answer = await request(running.port, path, { method });
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
  });
});

describe.each(adapters)(
  'what an application serves below our base route without a handler on %s',
  (name, createApp) => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'below-'));
      await mkdir(join(folder, 'maintenance', 'keys'), { recursive: true });
      await writeFile(join(folder, 'maintenance', 'notes.txt'), 'notes');
      await writeFile(join(folder, 'maintenance', 'keys', 'general'), 'a file');
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const PATHS = ['raw', 'queues/jobs', 'board/jobs', 'spa/deep/page', 'notes.txt'].map(
      (path) => `/maintenance/${path}`,
    );
    const onExpress = (app: NestExpressApplication, slow: (done: () => void) => void): void => {
      const send = (text: string) => (_request: Request, response: Response) => response.send(text);
      const server = app.getHttpAdapter().getInstance() as express.Express;
      // middleware of all kinds, which our own routes must not suffer from
      app.use(express.Router().use((_request, _response, next) => next()));
      app.use(express().get('/elsewhere', send('elsewhere')));
      app.use(
        '/maintenance/queues',
        express.Router().get('/jobs', (_request, response) => slow(() => response.send('jobs'))),
      );
      app.use('/maintenance/board', express().get('/jobs', send('jobs')));
      app.useStaticAssets(folder);
      server.get('/maintenance/raw', send('raw'));
      server.get('/maintenance/spa/{*path}', send('spa'));
    };
    const onFastify = async (app: INestApplication, slow: (done: () => void) => void): Promise<void> => {
      const server = app.getHttpAdapter().getInstance() as FastifyInstance;
      const jobs = async (part: FastifyInstance): Promise<void> => {
        part.get('/jobs', (_request, reply) => slow(() => reply.send('jobs')));
      };
      await server.register(jobs, { prefix: '/maintenance/queues' });
      await server.register(async (part) => void part.get('/jobs', async () => 'jobs'), {
        prefix: '/maintenance/board',
      });
      await server.register(fastifyStatic, { root: folder });
      server.get('/maintenance/raw', async () => 'raw');
      server.get('/maintenance/spa/*', async () => 'spa');
    };
    const start = (options: MaintenanceRootOptions, slow = (done: () => void) => done()) =>
      createApp(
        {
          imports: [maintenance({ coverage: 'site', admin: true, permissions: () => true, ...options })],
          ...SHOP,
        },
        (app) => (name === 'express' ? onExpress(app as NestExpressApplication, slow) : onFastify(app, slow)),
      );

    it.each<[string, MaintenanceRootOptions]>([
      ['before everything', {}],
      ['after middleware', { bypass: { when: () => false } }],
    ])('is refused like everything else: %s', async (_what, options) => {
      await using running = await start(options);
      for (const path of PATHS) {
        expect([path, (await request(running.port, path)).status]).toEqual([path, 200]);
      }
      await serviceOf(running).setMaintenance(true);
      for (const path of PATHS) {
        for (const method of ['GET', 'HEAD'] as const) {
          expect([path, (await request(running.port, path, { method })).status]).toEqual([path, 503]);
        }
      }
      expect((await request(running.port, '/maintenance/admin')).status).toBe(200);
      expect((await request(running.port, '/maintenance/keys')).json()).toHaveProperty('general');
      expect((await request(running.port, '/maintenance/script')).status).toBe(200);
      expect((await request(running.port, '/maintenance/ping')).json()).toHaveProperty('refreshDelay');
    });

    it('is waited for by drains', async () => {
      let finish: (() => void) | undefined;
      await using running = await start({}, (done) => void (finish = done));
      const answered = request(running.port, '/maintenance/queues/jobs');
      await vi.waitFor(() => expect(finish).toBeDefined());
      const service = serviceOf(running);
      const steps: string[] = [];
      const drained = service.maintain('general', () => steps.push('worked'), { drain: MINUTE });
      await vi.waitFor(async () =>
        expect((await service.quiet()).replicas.flatMap(({ running: calls }) => calls)).toHaveLength(1),
      );
      steps.push('answered');
      finish?.();
      expect((await answered).text).toBe('jobs');
      await drained;
      expect(steps).toEqual(['answered', 'worked']);
    });

    it('does not make our own routes wait for the application', async () => {
      const when = vi.fn(() => new Promise<boolean>(() => undefined));
      await using running = await start({ bypass: { when }, callTimeout: MINUTE });
      await serviceOf(running).setMaintenance(true);
      expect((await request(running.port, '/maintenance/keys')).json()).toHaveProperty('general');
      expect((await request(running.port, '/maintenance/script')).status).toBe(200);
      // a file of that name stands before it on Express
      expect((await request(running.port, '/maintenance/keys/general')).json()).toHaveProperty('phase');
      expect(when).not.toHaveBeenCalled();
    });
  },
);
