import { Controller, Get, Injectable, Logger, Req, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { adapters } from './apps.js';
import { raw, request } from './http.js';

@Injectable()
class Clock {
  private readonly logger = new Logger(Clock.name);

  now(): string {
    this.logger.warn('asked');
    return 'noon';
  }
}

@Controller()
class ClockController {
  constructor(private readonly clock: Clock) {}

  @Get('clock')
  time(): { now: string } {
    return { now: this.clock.now() };
  }

  @Get('ip')
  ip(@Req() request: { ip: string }): string {
    return request.ip;
  }
}

const metadata = { controllers: [ClockController], providers: [Clock] };

describe.each(adapters)('an application on %s', (name, createApp) => {
  it('injects by type, answers and keeps its log', async () => {
    await using running = await createApp(metadata, (app: INestApplication) => app.setGlobalPrefix('api'));
    const answer = await request(running.port, '/api/clock');
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json()).toEqual({ now: 'noon' });
    expect(running.log).toContain('warn [Clock] asked');
    expect(running.app.getHttpAdapter().getType()).toBe(name);
  });

  it('accepts a testing module with overrides', async () => {
    const builder = Test.createTestingModule(metadata)
      .overrideProvider(Clock)
      .useValue({ now: () => 'midnight' });
    await using running = await createApp(builder);
    expect((await request(running.port, '/clock')).json()).toEqual({ now: 'midnight' });
  });

  it('trusts a proxy only if configured to', async () => {
    const init = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    await using plain = await createApp(metadata);
    expect((await request(plain.port, '/ip', init)).text).toBe('127.0.0.1');
    await using behind = await createApp(metadata, undefined, { trustProxy: true });
    expect((await request(behind.port, '/ip', init)).text).toBe('203.0.113.7');
  });

  it('receives paths and bytes as they were sent', async () => {
    const seen: string[] = [];
    await using running = await createApp(metadata, (app) =>
      app.use((req: { originalUrl: string }, _res: unknown, next: () => void) => {
        seen.push(req.originalUrl);
        next();
      }),
    );
    await request(running.port, '//clock/../%63lock');
    const text = 'GET /x/../clock HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    expect(await raw(running.port, text)).toMatch(/^HTTP\/1\.1 404 /);
    expect(seen).toEqual(['//clock/../%63lock', '/x/../clock']);
  });

  it('fails to start with the error that stopped it', async () => {
    class Absent {}
    const needy = { provide: 'needy', useFactory: () => 0, inject: [Absent] };
    await expect(createApp({ providers: [needy] })).rejects.toThrow(/resolve dependencies/);
  });
});
