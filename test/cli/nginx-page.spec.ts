import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { request } from '../support/http.js';
import { end, freePort, spawnMortal } from '../support/process.js';
import { requireTool } from '../support/tools.mjs';
import { until } from '../support/until.js';
import { cli } from './cli.js';

let folder: string;
let port: number;
let nginx: ReturnType<typeof spawnMortal>;

/** The configuration that the documentation has, in front of an application that is down. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maintenance-nginx-'));
  port = await freePort();
  const documented = /```nginx\n(.*?)```/s.exec(await readFile('docs/command-line.md', 'utf8'))?.[1] ?? '';
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  types { text/html html; }
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream shop { server 127.0.0.1:${await freePort()}; }
  server { listen 127.0.0.1:${port}; ${documented.replaceAll('/var/www', folder)} }
}`,
  );
  nginx = spawnMortal(requireTool('nginx'), ['-c', file, '-p', folder], {});
  await until(async () => (await request(port, '/')).status > 0, { what: 'nginx', timeout: 20_000 });
});
afterAll(async () => {
  await end(nginx);
  await rm(folder, { recursive: true, force: true });
});

it('nginx serves the file while it exists, with 503 for every method, and nothing of its own besides', async () => {
  const page = join(folder, 'maintenance.html');
  expect((await cli(['page', page, '--message', 'Back at noon'])).code).toBe(0);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    const { status, headers, text } = await request(port, '/orders', { method });
    expect([method, status, text.includes('Back at noon')]).toEqual([method, 503, true]);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '60' });
  }
  expect((await request(port, '/maintenance.html')).status).not.toBe(200);
  await rm(page);
  for (const path of ['/orders', '/maintenance.html']) {
    expect([path, (await request(port, path)).status]).toEqual([path, path === '/orders' ? 502 : 404]);
  }
});
