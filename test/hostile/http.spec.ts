import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';
import type { MaintenanceService } from 'nestjs-maintenance';
import { reached, startSite } from './app.js';
import { PROTECTED, type Ground, type Row } from './corpus.js';
import { accept } from './rows/accept.js';
import { addresses, proxied } from './rows/addresses.js';
import { admin } from './rows/admin.js';
import { methods } from './rows/methods.js';
import { page } from './rows/page.js';
import { paths } from './rows/paths.js';
import { tokens } from './rows/tokens.js';

const groups: [string, Row[], trustProxy?: boolean][] = [
  ['paths', paths],
  ['methods', methods],
  ['accept', accept],
  ['tokens and cookies', tokens],
  ['addresses', addresses],
  ['addresses behind a proxy', proxied, true],
  ['admin writes', admin],
  ['data in pages and headers', page],
];

it('holds at least 130 inputs', () => {
  expect(groups.reduce((sum, [, rows]) => sum + rows.length, 0)).toBeGreaterThanOrEqual(130);
});

describe.each(adapters)('hostile input on %s', (adapter, createApp) => {
  describe.each(groups)('%s', (_group, rows, trustProxy) => {
    let site: RunningApp & { service: MaintenanceService };
    let ground: Ground;
    let before: unknown;

    beforeAll(async () => {
      site = await startSite(createApp, trustProxy);
      ground = { adapter, port: site.port, service: site.service };
      before = await site.service.getKeyData();
      reached.length = 0;
    });
    afterAll(() => site.close());

    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      const status = typeof row.status === 'number' ? row.status : row.status[adapter];
      const answer = await raw(site.port, typeof row.send === 'string' ? row.send : row.send(ground));
      const [line = ''] = answer.split('\r\n', 1);
      expect(`${line} (${row.why})`).toBe(`${line.replace(/ \d+/, ` ${status}`)} (${row.why})`);
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
      expect(status === 200 ? [] : reached).toEqual([]);
      expect(await site.service.getKeyData(), 'no state changed').toEqual(before);
      expect((await request(site.port, '/health')).status, 'the server still answers').toBe(200);
      reached.length = 0;
    });
  });
});
