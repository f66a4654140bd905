import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { startNginx } from '../support/nginx.js';

const PATHS = ['/health', '/shop', '/maintenance/ping'];

// what docs/getting-started.md says of nginx
describe.each(adapters)('nginx before two replicas on %s', (_name, createApp) => {
  it.each([
    ['passes refusals on by default', '', '', [200, 503, 503]],
    ['takes them for faults with http_503, and then serves nothing', '', 'http_503', [502, 502, 502]],
    ['does not with max_fails=0', 'max_fails=0', 'http_503', [200, 503, 503]],
  ])('%s', async (_what, server, condition, expected) => {
    await using one = await shop(createApp);
    await using two = await shop(createApp);
    await using nginx = await startNginx(
      [one, two].map(({ port }) => `server 127.0.0.1:${port} ${server};`).join(' '),
      `location / { proxy_pass http://shop; proxy_next_upstream error timeout ${condition}; }`,
    );
    for (const path of PATHS) expect((await request(nginx.port, path)).status).toBe(200);
    await Promise.all([one, two].map((running) => serviceOf(running).setMaintenance(true)));
    const ask = async (path: string): Promise<number> => (await request(nginx.port, path)).status;
    expect(await ask('/shop')).toBe(503);
    // to nginx, both have failed now, or fail with the next refusal
    await ask('/shop');
    const asked = [];
    for (const path of PATHS) asked.push(await ask(path));
    expect(asked).toEqual(expected);
  });
});
