import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { io, type ManagerOptions } from 'socket.io-client';
import * as defaultParser from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { fanOut } from '../../lib/realtime/fan-out.js';

/** Encodes as ever, but into bytes: no text frame can be made of that. */
class BytesEncoder {
  encode(packet: Parameters<defaultParser.Encoder['encode']>[0]): Buffer[] {
    return [Buffer.from(JSON.stringify(packet))];
  }
}

class BytesDecoder extends defaultParser.Decoder {
  override add(chunk: unknown): void {
    this.emitReserved('decoded', JSON.parse(Buffer.from(chunk as Buffer).toString()) as defaultParser.Packet);
  }
}

const bytes = { ...defaultParser, Encoder: BytesEncoder, Decoder: BytesDecoder };

/** What a client hears that is sent these, one after the other. */
async function heard(
  data: readonly unknown[],
  server: Partial<ServerOptions> = {},
  client: Partial<ManagerOptions> = {},
  watch?: (event: string) => void,
): Promise<unknown[]> {
  const http = createServer();
  const sockets = new Server(http, server);
  const namespace = sockets.of('/maintenance');
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const socket = io(`http://127.0.0.1:${port}/maintenance`, { ...client, forceNew: true });
  const got: unknown[] = [];
  try {
    const all = new Promise<void>((resolve) => {
      socket.on('status', (value) => {
        got.push(value);
        if (got.length === data.length) resolve();
      });
    });
    await once(namespace, 'connection');
    const [peer] = namespace.sockets.values();
    if (watch) peer!.onAnyOutgoing(watch);
    for (const value of data) fanOut(namespace, 'status', value)(peer!);
    await all;
    return got;
  } finally {
    socket.close();
    await sockets.close();
  }
}

const DATA = [
  { maintenanceMode: true, message: 'Grüße 🚧' },
  ...[0, 80, 90, 100, 65_400, 65_500, 70_000].map((length) => 'x'.repeat(length)),
];

describe('one event for many clients', () => {
  it.each<[string, Partial<ServerOptions>, Partial<ManagerOptions>]>([
    ['a WebSocket', {}, { transports: ['websocket'] }],
    ['a WebSocket that compresses', { perMessageDeflate: { threshold: 0 } }, { transports: ['websocket'] }],
    ['long polling', {}, { transports: ['polling'] }],
    ['polling that is being upgraded', {}, {}],
    ['a parser of the application', { parser: bytes }, { parser: bytes, transports: ['websocket'] }],
  ])('arrives whole and in order over %s', async (_what, server, client) => {
    expect(await heard(DATA, server, client)).toEqual(DATA);
  });

  it('is seen by listeners for outgoing packets', async () => {
    const seen: string[] = [];
    await heard(DATA, {}, { transports: ['websocket'] }, (event) => seen.push(event));
    expect(seen).toEqual(DATA.map(() => 'status'));
  });
});
