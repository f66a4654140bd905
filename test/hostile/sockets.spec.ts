import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RawWebSocket } from '../support/raw-web-socket.js';
import { reached, startSite, type Site } from './app.js';
import { PROTECTED, type SocketRow } from './corpus.js';
import { frames } from './rows/socket-frames.js';
import { origins } from './rows/socket-origins.js';
import { packets } from './rows/socket-packets.js';
import { events, pings } from './rows/socket-pings.js';

const groups: [string, SocketRow[]][] = [
  ['pings', pings],
  ['events', events],
  ['packets', packets],
  ['frames', frames],
  ['origins', origins],
];
/** A ping that is always answered: what was to come before it has come by then. */
const LAST = '42/maintenance,424242["ping",{}]';
const ANSWERED = '43/maintenance,424242[{';

describe.each(adapters)('hostile sockets on %s', (_adapter, createApp) => {
  describe.each(groups)('%s', (_group, rows) => {
    let site: Site;
    let before: unknown;

    beforeAll(async () => {
      site = await startSite(createApp);
      before = await site.service.getKeyData();
      reached.length = 0;
    });
    afterAll(async () => {
      await site.close();
    });

    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      using client = await RawWebSocket.open(site.port, row.headers);
      if (row.join !== null) {
        await client.join('/maintenance', row.join);
      }
      const joined = client.received.length;
      client.send(...row.send);
      expect(await instead(client, row, joined), row.why).toEqual([]);

      const received = client.received.join('\n');
      for (const text of row.operator ? [] : PROTECTED) {
        expect(received).not.toContain(text);
      }
      expect(received.includes('SECRET-REASON'), 'told to operators').toBe(row.operator === true);
      expect(row.lacks !== undefined && received.includes(row.lacks), `lacks ${row.lacks}`).toBe(false);
      expect(reached, 'no handler').toEqual([]);
      expect(Object.prototype, 'nothing polluted').not.toHaveProperty('operator');
      expect(await site.service.getKeyData(), 'no state changed').toEqual(before);
      expect((await request(site.port, '/health')).status, 'the server still answers').toBe(200);
      using bystander = await RawWebSocket.open(site.port);
      await bystander.join();
      bystander.send(LAST);
      await bystander.next((packet) => packet.startsWith(ANSWERED), 'the answer to somebody else');
    });
  });
});

/** Waits for what must come back, and gives what came besides. */
async function instead(
  client: RawWebSocket,
  { answer, holds }: SocketRow,
  joined: number,
): Promise<string[]> {
  switch (answer) {
    case 'hangs up':
      return [];
    case 'closed':
      await client.ended();
      return client.received.slice(joined);
    case 'silence':
      client.send(LAST);
      await client.next((packet) => packet.startsWith(ANSWERED), 'the last answer');
      return client.received.slice(joined).filter((packet) => !packet.startsWith(ANSWERED));
    default: {
      const wished = (packet: string): boolean =>
        packet.startsWith(answer) && (holds === undefined || packet.includes(holds));
      await client.next(wished, answer);
      return client.closed ? ['the end of the connection'] : [];
    }
  }
}
