import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type CreateApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';
import { reached, startSite, type Site } from './app.js';
import { PROTECTED, type Ground, type Row } from './corpus.js';
import { startGraph } from './graph-app.js';
import { accept } from './rows/accept.js';
import { addresses, proxied } from './rows/addresses.js';
import { admin } from './rows/admin.js';
import { graphqlClosed, graphqlReadOnly } from './rows/graphql.js';
import { handshakes } from './rows/handshakes.js';
import { methods } from './rows/methods.js';
import { page } from './rows/page.js';
import { paths } from './rows/paths.js';
import { tokens } from './rows/tokens.js';

type Start = (createApp: CreateApp) => Promise<Site>;

const behindProxy: Start = (createApp) => startSite(createApp, true);
const graph =
  (closed: boolean, coverage: 'handlers' | 'site' = 'handlers'): Start =>
  (createApp) =>
    startGraph(createApp, closed, coverage);

const groups: [string, Row[], Start?][] = [
  ['paths', paths],
  ['methods', methods],
  ['accept', accept],
  ['tokens and cookies', tokens],
  ['addresses', addresses],
  ['addresses behind a proxy', proxied, behindProxy],
  ['admin writes', admin],
  ['data in pages and headers', page],
  ['sockets: handshakes', handshakes],
  ['GraphQL in maintenance', graphqlClosed, graph(true)],
  ['GraphQL in maintenance, the whole site covered', graphqlClosed, graph(true, 'site')],
  ['GraphQL that may only read', graphqlReadOnly, graph(false)],
];

describe.each(adapters)('hostile input on %s', (adapter, createApp) => {
  describe.each(groups)('%s', (_group, rows, start = startSite) => {
    let site: Site;
    let ground: Ground;
    let before: unknown;

    beforeAll(async () => {
      site = await start(createApp);
      ground = { adapter, port: site.port, service: site.service };
      before = await site.service.getKeyData();
      reached.length = 0;
    });
    afterAll(() => site.close());

    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      const status = typeof row.status === 'number' ? row.status : row.status[adapter];
      const answer = await raw(site.port, typeof row.send === 'string' ? row.send : row.send(ground));
      const came = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
      expect(`${came} (${row.why})`).toBe(`${status} (${row.why})`);
      const operator = typeof row.send === 'string' && row.send.includes('operator=yes');
      for (const text of operator ? [] : PROTECTED) {
        expect(answer).not.toContain(text);
      }
      expect(
        row.holds === undefined || answer.toLowerCase().includes(row.holds.toLowerCase()),
        `holds ${row.holds}:\n${answer.slice(0, 1_500)}`,
      ).toBe(true);
      expect(
        row.lacks === undefined || !answer.includes(row.lacks),
        `lacks ${row.lacks}:\n${answer.slice(0, 1_500)}`,
      ).toBe(true);
      // only what passes on purpose may have run a handler
      expect(row.reaches === undefined && status === 200 ? [] : reached.toSorted()).toEqual(
        row.reaches ?? [],
      );
      expect(await site.service.getKeyData(), 'no state changed').toEqual(before);
      expect((await request(site.port, '/health')).status, 'the server still answers').toBe(200);
      reached.length = 0;
    });
  });
});
