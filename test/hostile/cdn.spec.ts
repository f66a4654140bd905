import { Controller, Get, Header } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { end, freePort, spawnMortal } from '../support/process.js';
import { requireTool } from '../support/tools.mjs';
import { until } from '../support/until.js';
import { cdn } from './rows/cdn.js';

let served = 0;

@Controller()
class CatalogController {
  @Get('catalog')
  @Header('Cache-Control', 'public, max-age=600')
  catalog() {
    return { served: ++served };
  }

  @Get('middleware/:name')
  unsuspecting() {
    return { served: ++served };
  }

  @Get('own/nginx')
  @Header('X-Accel-Expires', '600')
  forNginx() {
    return { served: ++served };
  }

  @Get('own/cdn')
  @Header('CDN-Cache-Control', 'max-age=600')
  forCdns() {
    return { served: ++served };
  }
}

/** What middleware says to caches, before anybody knows of maintenance. */
const SAID: Record<string, Record<string, string>> = {
  public: { 'Cache-Control': 'public, max-age=600' },
  expires: { Expires: 'Fri, 01 Jan 2100 00:00:00 GMT' },
  etag: { ETag: '"kept"', 'Last-Modified': 'Sat, 01 Jan 2000 00:00:00 GMT' },
  nginx: { 'X-Accel-Expires': '600' },
  cdn: { 'CDN-Cache-Control': 'max-age=600', 'Cloudflare-CDN-Cache-Control': 'max-age=600' },
  surrogate: { 'Surrogate-Control': 'max-age=600' },
  vendors: {
    'Akamai-Cache-Control': 'max-age=600',
    'Edge-Control': 'cache-maxage=600s',
    'Netlify-CDN-Cache-Control': 'max-age=600',
    'Vercel-CDN-Cache-Control': 'max-age=600',
    'X-LiteSpeed-Cache-Control': 'public,max-age=600',
  },
};
const FOR_ONE_CACHE = [
  'akamai-cache-control',
  'edge-control',
  'netlify-cdn-cache-control',
  'vercel-cdn-cache-control',
  'x-litespeed-cache-control',
  'x-accel-expires',
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
];

function speakToCaches(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const name = /^\/middleware\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
  Object.entries(SAID[name] ?? {}).forEach(([header, value]) => response.setHeader(header, value));
  next();
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
      proxy_cache_valid any 10m;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}`;

describe.each(
  adapters.flatMap(([name, createApp]) =>
    (['handlers', 'site'] as const).map((coverage) => [name, coverage, createApp] as const),
  ),
)('behind a caching CDN on %s, coverage %s', (_name, coverage, createApp) => {
  let running: RunningApp;
  let service: MaintenanceService;
  let port: number;
  let folder: string;
  let nginx: ReturnType<typeof spawnMortal>;

  beforeAll(async () => {
    running = await createApp(
      {
        imports: [
          MaintenanceModule.forRoot({
            coverage,
            socket: false,
            bypass: { secret: 'a-secret-of-at-least-32-characters-0' },
            permissions: (_permission, subject) =>
              subject.type === 'http' &&
              (subject.request as IncomingMessage).headers.cookie?.includes('operator=yes') === true,
          }),
        ],
        controllers: [CatalogController],
      },
      (app) => app.use(speakToCaches),
    );
    service = running.app.get(MaintenanceService);
    folder = await mkdtemp(join(tmpdir(), 'cdn-'));
    port = await freePort();
    await writeFile(`${folder}/nginx.conf`, config(port, running.port, folder));
    nginx = spawnMortal(requireTool('nginx'), ['-c', `${folder}/nginx.conf`, '-p', folder], {});
    await until(async () => (await request(port, '/maintenance/ping')).status === 200, {
      what: 'nginx',
      timeout: 20_000,
    });
  });
  afterAll(async () => {
    await end(nginx);
    await running.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('caches public responses, and would cache a refusal if it were allowed to', async () => {
    await request(port, '/catalog?kept');
    expect((await request(port, '/catalog?kept')).headers['x-cache']).toBe('HIT');
  });

  it.each(cdn.map((row, index) => [row.name, index, row] as const))('%s', async (_row, index, row) => {
    const path = `${row.path}?row=${index}`;
    const headers = { ...row.headers };
    await service.setMaintenance(true, 'general', { reason: 'SECRET-REASON', actor: 'SECRET-ACTOR' });
    if (row.token) {
      headers['cookie'] = `maintenance-bypass=${service.createBypassToken()}`;
    }
    // an unmatched route is refused where the whole site is covered
    const unmatched = row.again === 404 && coverage === 'handlers';
    const first = await request(port, path, { method: row.method, headers });
    expect(first.status, row.why).toBe(unmatched ? 404 : row.status);
    expect(FOR_ONE_CACHE.filter((name) => name in first.headers)).toEqual([]);

    if (row.next === 'opens') {
      await service.setMaintenance(false);
    }
    const second = await request(port, path, {
      method: row.method,
      headers: row.next === 'opens' ? row.headers : {},
    });
    expect(second.status, row.why).toBe(row.again);
    expect(unmatched || second.headers['x-cache'] !== 'HIT', 'not from the cache').toBe(true);
    expect(row.next === 'stranger' && second.text.includes('SECRET'), 'nothing leaked').toBe(false);
  });

  it('never caches the response to a bypass link', async () => {
    await service.setMaintenance(true);
    const path = `/catalog?in&maintenance-bypass=${service.createBypassToken()}`;
    for (let visit = 0; visit < 2; visit++) {
      const { status, headers } = await request(port, path);
      expect({ status, cache: headers['x-cache'] }).toEqual({ status: 303, cache: 'MISS' });
    }
  });
});
