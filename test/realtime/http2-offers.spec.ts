import { Body, Controller, Get, Post } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { raw } from '../support/http.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

@Controller()
class ShopController {
  @Get()
  home(): string {
    return 'Shop';
  }

  @Post()
  order(@Body() { note }: { note: string }): string {
    return `${note.length} characters`;
  }
}

/** As Java's HttpClient asks. */
const OFFER = 'Upgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n';
const get = (connection: string): string =>
  `GET / HTTP/1.1\r\nHost: shop\r\n${OFFER}Connection: Upgrade, HTTP2-Settings${connection}\r\n\r\n`;

describe.each(adapters)('requests that offer HTTP/2, beside a gateway on %s', (_name, createApp) => {
  const start = () => createApp({ imports: [MaintenanceModule.forRoot()], controllers: [ShopController] });

  it('are served and refused like others', async () => {
    await using app = await start();
    expect(await raw(app.port, get(', close'))).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nShop$/);
    await app.app.get(MaintenanceService).setMaintenance(true);
    expect(await raw(app.port, get(', close'))).toMatch(/^HTTP\/1.1 503 [^]*"maintenanceMode":true/);
    using client = await TestClient.connect(app.url, { transports: ['websocket'] });
    expect(client.statuses).toMatchObject([{ maintenanceMode: true }]);
  });

  it('may have a body and others behind them on the same connection', async () => {
    await using app = await start();
    const body = JSON.stringify({ note: 'x'.repeat(80_000) });
    const head =
      `POST / HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `${OFFER}Connection: Upgrade, HTTP2-Settings\r\n\r\n`;
    let received = '';
    const socket = connect(app.port, '127.0.0.1');
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.write(head + body.slice(0, 10));
    socket.write(body.slice(10));
    await until(() => received.includes('80000 characters'));
    socket.write(get(', close'));
    await expect.poll(() => received).toMatch(/Shop$/);
    socket.destroy();
  });

  it('are left to an application that listens to them itself', async () => {
    await using app = await start();
    const asked: (string | undefined)[] = [];
    const server = app.app.getHttpServer() as NodeJS.EventEmitter;
    server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
      asked.push(headers.upgrade);
      socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n');
    });
    expect(await raw(app.port, get(''))).toMatch(/^HTTP\/1.1 426 /);
    expect(asked).toEqual(['h2c']);
  });
});
