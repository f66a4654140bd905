import { All, Controller, Get, Post } from '@nestjs/common';
import { MaintenanceExempt } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { raw } from '../support/http.js';

const served: string[] = [];

@Controller('api')
class ApiController {
  @All('x')
  any(): string {
    served.push('x');
    return 'served';
  }

  @Post('write')
  write(): string {
    served.push('write');
    return 'served';
  }

  @Get('files/*')
  files(): string {
    served.push('files');
    return 'served';
  }
}

@MaintenanceExempt()
@Controller('health')
class HealthController {
  @Get()
  check(): string {
    return 'alive';
  }
}

@Controller('ignored')
class IgnoredController {
  @Get()
  get(): string {
    return 'ignored';
  }
}

const HOSTILE = [
  '/api/x',
  '/API/x',
  '/api/X',
  '/api/x/',
  '/api/x//',
  '/%61pi/x',
  '/%61%70%69/%78',
  '/%2561pi/x',
  '//api/x',
  '///api//x',
  '/api//x',
  '/api/x?/health',
  '/api/x?/ignored',
  '/api/x?maintenance-bypass=1',
  '/api/x#/health',
  '/api/x;/health',
  '/api/x%3f/health',
  '/api/x%23/health',
  '/api/x%00',
  '/api/x%00/health',
  '/health/../api/x',
  '/ignored/../api/x',
  '/health/%2e%2e/api/x',
  '/health/..%2fapi/x',
  '/health%2f..%2fapi/x',
  '/health\\..\\api\\x',
  '/./api/x',
  '/api/./x',
  '/api/files/health',
  '/api/files/../../health',
  '/api/files/%2e%2e/health',
  '/api/files/ignored/x',
  'http://localhost/api/x',
  'http://localhost/api/x?/health',
  'http://localhost/health/../api/x',
  'http://health/api/x',
  'https://evil.example/api/x',
  '/api/%E0%A4%A',
  '/%',
  '/%ff',
  '/api/x%',
  '*',
  '/maintenance/../api/x',
  '/maintenance/ping/../../api/x',
  '/__proto__/x',
  '/constructor',
];

const CASES = [
  ...HOSTILE.map((path) => [path, path] as const),
  ['a long query', `/api/x?${'a'.repeat(7_000)}`] as const,
  ['many segments', `/${'a/'.repeat(3_000)}`] as const,
];

describe.each(adapters)('hostile paths on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    let running: RunningApp;

    beforeAll(async () => {
      running = await createApp(
        {
          imports: [
            maintenance({
              coverage,
              ignorePaths: ['/ignored', '/health'],
              redirect: '/status',
              bypass: { secret: 'a-secret-of-at-least-32-characters-0', ips: ['10.0.0.1'] },
            }),
          ],
          controllers: [ApiController, HealthController, IgnoredController],
        },
        (app) => app.enableCors(),
      );
      await serviceOf(running).setMaintenance(true);
    });

    afterAll(() => running.close());

    it.each(CASES)('%s', async (_what, path) => {
      const service = serviceOf(running);
      const before = await service.getKeyData();
      served.length = 0;
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        for (const accept of ['application/json', 'text/html']) {
          const answer = await raw(
            running.port,
            `${method} ${path} HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          );
          const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
          expect([method, status]).not.toEqual([method, 500]);
          expect(served).toEqual([]);
          expect(answer).not.toContain('served');
        }
      }
      expect(await service.getKeyData()).toEqual(before);
      // and it is still there for others
      const health = await raw(running.port, 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect(health).toMatch(/^HTTP\/1\.1 200 /);
    });

    it.each(['GET http://localhost/health HTTP/1.1', 'GET /health?/api/x HTTP/1.1'])(
      'what is exempt stays so: %s',
      async (line) => {
        const answer = await raw(running.port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect(answer).toMatch(/^HTTP\/1\.1 (200|404) /);
      },
    );
  });
});
