import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from './http.js';
import { end, freePort, spawnMortal } from './process.js';
import { requireTool } from './tools.mjs';
import { until } from './until.js';

export interface Nginx extends AsyncDisposable {
  readonly port: number;
}

/**
 * A real nginx.
 * @param upstream servers of the upstream `shop`
 * @param server directives of its only server
 */
export async function startNginx(upstream: string, server: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'maintenance-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  types { text/html html; }
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream shop { ${upstream} }
  server { listen 127.0.0.1:${port}; ${server} }
}`,
  );
  const nginx = spawnMortal(requireTool('nginx'), ['-c', file, '-p', folder], {});
  await until(async () => (await request(port, '/')).status > 0, { what: 'nginx', timeout: 20_000 });
  return {
    port,
    async [Symbol.asyncDispose]() {
      await end(nginx);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
