import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { request } from '../support/http.js';
import { startNginx, type Nginx } from '../support/nginx.js';
import { freePort } from '../support/process.js';
import { cli } from './cli.js';

let folder: string;
let nginx: Nginx;

/** The configuration that the documentation has, in front of an application that is down. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maintenance-page-'));
  const documented = /```nginx\n(.*?)```/s.exec(await readFile('docs/command-line.md', 'utf8'))?.[1] ?? '';
  nginx = await startNginx(
    `server 127.0.0.1:${await freePort()};`,
    documented.replaceAll('/var/www', folder),
  );
});
afterAll(async () => {
  await nginx[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

it('nginx serves the file while it exists, with 503 for every method, and nothing of its own besides', async () => {
  const page = join(folder, 'maintenance.html');
  expect((await cli(['page', page, '--message', 'Back at noon'])).code).toBe(0);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    const { status, headers, text } = await request(nginx.port, '/orders', { method });
    expect([method, status, text.includes('Back at noon')]).toEqual([method, 503, true]);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '60' });
  }
  expect((await request(nginx.port, '/maintenance.html')).status).not.toBe(200);
  await rm(page);
  for (const path of ['/orders', '/maintenance.html']) {
    expect([path, (await request(nginx.port, path)).status]).toEqual([path, path === '/orders' ? 502 : 404]);
  }
});
