import { Controller, Get, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MaintenanceExempt, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { adapters, type CreateApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';

const FILES = fileURLToPath(new URL('files', import.meta.url));
const CALL_TIMEOUT = 400;

@Controller()
class PagesController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @Post('page')
  write(): string {
    return 'written';
  }

  @MaintenanceExempt()
  @Get('health')
  health(): string {
    return 'healthy';
  }
}

/** Milliseconds that a request takes: the shorter of two, since a busy machine delays one or the other. */
async function duration(ask: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let times = 0; times < 2; times++) {
    const begun = performance.now();
    await ask();
    took.push(performance.now() - begun);
  }
  return Math.min(...took);
}

describe.each(adapters)("with coverage 'site' on %s", (adapter, createApp: CreateApp) => {
  /** With two folders of files at the root. */
  async function start(when: (request: object) => boolean | Promise<boolean>): Promise<RunningApp> {
    const options = { socket: false, admin: false, callTimeout: CALL_TIMEOUT, bypass: { when } } as const;
    const running = await createApp(
      {
        imports: [MaintenanceModule.forRoot({ coverage: 'site', ...options })],
        controllers: [PagesController],
      },
      (app) => {
        if (adapter === 'express') {
          const express = app as NestExpressApplication;
          express.useStaticAssets(FILES);
          express.useStaticAssets(FILES, { prefix: '/assets' });
          express.useStaticAssets(FILES, { redirect: false });
        } else {
          (app as NestFastifyApplication).useStaticAssets({ root: FILES });
        }
      },
    );
    await running.app.get(MaintenanceService).setMaintenance(true);
    return running;
  }

  it.each([
    ['a file', '/style.css', 'GET', 503, 1],
    ['nothing', '/nowhere', 'GET', 503, 1],
    ['nothing that writes', '/nowhere', 'POST', 503, 1],
    ['a handler', '/page', 'GET', 503, 1],
    ['a handler that writes', '/page', 'POST', 503, 1],
    ['an exempt handler', '/health', 'GET', 200, 0],
    ['ping', '/maintenance/ping', 'GET', 503, 1],
  ] as const)('a hanging bypass.when is waited for once: %s', async (_what, path, method, status, times) => {
    let asked = 0;
    await using app = await start(() => {
      asked++;
      return new Promise<never>(() => undefined);
    });
    // the second request is asked about as if there had been none
    let requests = 0;
    const took = await duration(async () => {
      expect((await request(app.port, path, { method })).status).toBe(status);
      expect(asked).toBe(++requests * times);
    });
    expect(took).toBeGreaterThan(times * CALL_TIMEOUT - 10);
    expect(took).toBeLessThan((times + 1) * CALL_TIMEOUT - 10);
  });

  it('a slow bypass.when is not awaited several times', async () => {
    await using app = await start(
      () => new Promise((resolve) => setTimeout(() => resolve(false), CALL_TIMEOUT * 0.8)),
    );
    const took = await duration(async () => expect((await request(app.port, '/page')).status).toBe(503));
    expect(took).toBeLessThan(CALL_TIMEOUT * 1.5);
  });

  it('a result is reused until keys change', async () => {
    let asked = 0;
    let change: Promise<unknown> = Promise.resolve();
    await using app = await start(async () => {
      asked++;
      await change;
      return false;
    });
    await request(app.port, '/style.css');
    expect(asked).toBe(1);
    change = app.app.get(MaintenanceService).setMaintenance(false);
    expect((await request(app.port, '/style.css')).status).toBe(200);
  });
});
