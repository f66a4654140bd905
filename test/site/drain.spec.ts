import { Controller, Get } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceDrainError,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { createExpress, createFastify } from '../support/frameworks.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

let gates = new Gates();

@Controller()
class ShopController {
  @MaintenanceExempt()
  @Get('used/health')
  health(): Promise<string> {
    return gates.pass('health');
  }

  @MaintenanceExempt()
  @Get('status')
  status(): Promise<string> {
    return gates.pass('status');
  }
}

interface Reply {
  send(text: string): unknown;
  end(text: string): unknown;
}
type Handler = (request: { url?: string; method?: string }, reply: Reply, next: () => void) => unknown;
type Routes = Record<'get' | 'post', (path: string, handler: Handler) => unknown>;

const slow =
  (gate: string): Handler =>
  (_request, reply) =>
    void gates.pass(gate).then(() => reply.send(gate));

/** Answers what ends in `slow` after a while, and passes the rest on. */
const used: Handler = ({ url = '' }, reply, next) =>
  url.endsWith('slow') ? void gates.pass('used').then(() => reply.end('used')) : next();

/** More than the buffers of a connection hold. */
const LARGE = 16 * 1024 * 1024;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'maintenance-site-'));
  writeFileSync(join(folder, 'film'), Buffer.alloc(LARGE));
});
afterAll(() => rmSync(folder, { recursive: true }));

const readers: Socket[] = [];
afterEach(() => readers.splice(0).forEach((reader) => reader.destroy()));

/** Asks for something, and reads nothing of the answer until it is told to. */
function ask(port: number, path: string, method = 'GET', headers: readonly string[] = []): Socket {
  const reader = connect(port, '127.0.0.1');
  reader.on('error', () => undefined);
  readers.push(reader);
  reader.write([`${method} ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'));
  return reader;
}

describe.each(adapters)("a drain on %s, with coverage: 'site'", (adapter, createApp) => {
  const start = async (options: MaintenanceRootOptions = {}) => {
    gates = new Gates();
    const express = adapter === 'express';
    const instance = express ? createExpress() : createFastify({ forceCloseConnections: true });
    (instance as unknown as Routes).get('/early/:id', slow('early'));
    const app = await createApp(
      {
        imports: [
          MaintenanceModule.forRoot({
            redis: false,
            coverage: 'site',
            socket: false,
            admin: false,
            ignorePaths: ['/open'],
            keys: [
              new MaintenanceKey('reads', { readOnly: true }),
              new MaintenanceKey('marked', { scope: 'marked' }),
            ],
            ...options,
          }),
        ],
        controllers: [ShopController],
      },
      async (nest) => {
        const routes = nest.getHttpAdapter().getInstance() as Routes;
        routes.get('/late', slow('late'));
        routes.post('/late', slow('written'));
        routes.get('/open', slow('open'));
        routes.get('/asking', (asking, reply) => {
          const service = nest.get(MaintenanceService);
          void gates.pass('asking').then(() => reply.send(`may continue: ${service.mayContinue(asking)}`));
        });
        nest.use('/used', used);
        if (express) {
          const router = createExpress.Router();
          router.get('/page', slow('router') as never);
          nest.use('/routed', router);
          const before = createExpress.Router();
          before.get('/status', (_request, _reply, next) => next());
          nest.use(before);
          (nest as NestExpressApplication).useStaticAssets(folder, { prefix: '/files' });
        } else {
          const part = nest as NestFastifyApplication;
          await part.register(
            (plugin, _options, done) => {
              (plugin as unknown as Routes).get('/page', slow('router'));
              done();
            },
            { prefix: '/routed' },
          );
          part.useStaticAssets({ root: folder, prefix: '/files/', decorateReply: false });
        }
      },
      { instance },
    );
    return { ...app, service: app.app.get(MaintenanceService), [Symbol.asyncDispose]: app.close };
  };

  const undrained = async (service: MaintenanceService, key = 'general') => {
    const outcome = await service
      .maintain(key, () => 'began', { drain: 150 })
      .catch((error: MaintenanceDrainError) => error.replicas.flatMap(({ routes }) => routes));
    return outcome;
  };

  it.each([
    ['a route that was there before Nest', '/early/7', 'early', '/early/:id'],
    ['a route by hand', '/late', 'late', '/late'],
    ['a router, or a plugin', '/routed/page', 'router', adapter === 'express' ? '/routed/*' : '/routed/page'],
    ['a function in use()', '/used/slow', 'used', adapter === 'express' ? '/used/*' : '/*'],
  ])('waits for what %s serves', async (_what, path, gate, route) => {
    await using at = await start();
    const answer = request(at.port, path);
    await until(() => gates.begun.includes(gate));
    expect(await undrained(at.service)).toEqual([`GET ${route}`]);
    const patient = at.service.maintain('general', () => [...gates.ended]);
    await until(() => at.service.isActive('general'));
    gates.open(gate);
    expect(await patient).toEqual([gate]);
    expect((await answer).status).toBe(200);
    expect(await at.service.replicas()).toMatchObject([{ inFlight: 0 }]);
  });

  it('waits for a file until the visitor has it, or is gone', async () => {
    await using at = await start();
    for (const end of ['read', 'gone']) {
      const reader = ask(at.port, '/files/film', 'GET', ['Connection: close']);
      await until(async () => (await at.service.replicas())[0]?.inFlight === 1);
      await delay(100);
      expect(await undrained(at.service)).toEqual([expect.stringMatching(/^GET \/files\/\*$/)]);
      const patient = at.service.maintain('general', () => 'began', { drain: 20_000 });
      await until(() => at.service.isActive('general'));
      if (end === 'read') reader.resume();
      else reader.destroy();
      expect(await patient).toBe('began');
    }
  });

  it('waits for an upload to a route by hand while it arrives', async () => {
    await using at = await start();
    const sender = ask(at.port, '/late', 'POST', ['Content-Type: application/json', 'Content-Length: 4']);
    sender.write('12');
    await until(async () => (await at.service.replicas())[0]?.inFlight === 1);
    expect(await undrained(at.service)).toEqual(['POST /late']);
    sender.write('34');
    await until(() => gates.begun.includes('written'));
    expect(await undrained(at.service)).toEqual(['POST /late']);
    gates.open('written');
    expect(await at.service.maintain('general', () => 'began')).toBe('began');
  });

  it('does not wait for what the key does not refuse', async () => {
    await using at = await start();
    const read = request(at.port, '/late');
    await until(() => gates.begun.includes('late'));
    expect(await undrained(at.service, 'reads')).toBe('began');
    expect(await undrained(at.service, 'marked')).toBe('began');
    gates.open('late');
    await read;
    for (const [path, gate] of [
      ['/open', 'open'],
      ['/used/health', 'health'],
      ['/status', 'status'],
    ] as const) {
      const answer = request(at.port, path);
      await until(() => gates.begun.includes(gate));
      expect([path, await undrained(at.service)]).toEqual([path, 'began']);
      gates.open(gate);
      await answer;
    }
  });

  it('does not wait for what middleware answers where that is not refused, since the application is asked', async () => {
    await using at = await start({ bypass: { when: () => false } });
    const answer = request(at.port, '/used/slow');
    await until(() => gates.begun.includes('used'));
    expect(await undrained(at.service)).toBe('began');
    gates.open('used');
    await answer;
    const refused = request(at.port, '/late');
    await until(() => gates.begun.includes('late'));
    expect(await undrained(at.service)).toEqual(['GET /late']);
    gates.open('late');
    await refused;
  });

  it('waits for none of it where only handlers are covered', async () => {
    await using at = await start({ coverage: 'handlers' });
    const answers = ['/early/7', '/late', '/used/slow'].map((path) => request(at.port, path));
    await until(() => gates.begun.length === 3);
    expect(await undrained(at.service)).toBe('began');
    ['early', 'late', 'used'].forEach((gate) => gates.open(gate));
    await Promise.all(answers);
  });

  it('revokes what it has given up waiting for', async () => {
    await using at = await start();
    const answer = request(at.port, '/asking');
    await until(() => gates.begun.includes('asking'));
    expect(await undrained(at.service)).toEqual(['GET /asking']);
    gates.open('asking');
    expect((await answer).text).toBe('may continue: false');
    expect((await request(at.port, '/asking')).text).toBe('may continue: true');
  });
});
