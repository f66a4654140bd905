import { Controller, Get, Header } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { end, freePort, spawnMortal } from '../support/process.js';
import { requireTool } from '../support/tools.mjs';
import { until } from '../support/until.js';

let served = 0;

@Controller()
class CatalogController {
  @Get('catalog')
  @Header('Cache-Control', 'public, max-age=600')
  catalog() {
    return { served: ++served };
  }
}

/** A CDN that keeps whatever it may: public answers, and a 503 as gladly as a 200. */
const config = (port: number, upstream: number, folder: string): string => `
daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  proxy_cache_path ${folder}/cache keys_zone=cdn:1m use_temp_path=off;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_cache cdn;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 503 10m;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}`;

describe.each(adapters)('behind a caching CDN on %s', (_name, createApp) => {
  let running: RunningApp;
  let service: MaintenanceService;
  let port: number;
  let folder: string;
  let nginx: ReturnType<typeof spawnMortal>;

  beforeAll(async () => {
    running = await createApp({
      imports: [
        MaintenanceModule.forRoot({
          socket: false,
          admin: false,
          bypass: { secret: 'a-long-bypass-secret' },
        }),
      ],
      controllers: [CatalogController],
    });
    service = running.app.get(MaintenanceService);
    folder = await mkdtemp(join(tmpdir(), 'cdn-'));
    port = await freePort();
    await writeFile(`${folder}/nginx.conf`, config(port, running.port, folder));
    nginx = spawnMortal(requireTool('nginx'), ['-c', `${folder}/nginx.conf`, '-p', folder], {});
    await until(async () => (await request(port, '/maintenance/ping')).status === 200, { what: 'nginx' });
  });
  afterAll(async () => {
    await end(nginx);
    await running.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps public answers, so that it would keep a refusal if it might', async () => {
    await request(port, '/catalog?kept');
    expect((await request(port, '/catalog?kept')).headers['x-cache']).toBe('HIT');
  });

  it('never serves a refusal once maintenance is over', async () => {
    await service.setMaintenance(true);
    expect((await request(port, '/catalog?a')).status).toBe(503);
    expect((await request(port, '/catalog?a', { headers: { accept: 'text/html' } })).status).toBe(503);
    await service.setMaintenance(false);
    expect((await request(port, '/catalog?a')).status).toBe(200);
  });

  it('never serves to others what a bypassed visitor saw', async () => {
    await service.setMaintenance(true);
    const cookie = `maintenance-bypass=${service.createBypassToken()}`;
    expect((await request(port, '/catalog?b', { headers: { cookie } })).status).toBe(200);
    expect((await request(port, '/catalog?b')).status).toBe(503);
    await service.setMaintenance(false);
  });

  it('never keeps a ping', async () => {
    expect((await request(port, '/maintenance/ping')).status).toBe(200);
    await service.setMaintenance(true);
    expect((await request(port, '/maintenance/ping')).status).toBe(503);
    await service.setMaintenance(false);
    expect((await request(port, '/maintenance/ping')).status).toBe(200);
  });
});
