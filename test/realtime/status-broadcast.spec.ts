import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { Server } from 'node:net';
import { WebSocket } from 'ws';
import { describe, expect, it, vi } from 'vitest';
import { createExpressApp } from '../support/apps.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

/** A client that is cheap enough for hundreds of them, and speaks just enough of the protocol. */
class RawClient {
  readonly told: MaintenanceStatusMessage[] = [];
  private readonly socket: WebSocket;

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.socket.on('message', (data: Buffer) => {
      const packet = data.toString();
      if (packet.startsWith('0')) this.socket.send('40/maintenance,');
      if (packet.startsWith('42/maintenance,')) {
        const [, status] = JSON.parse(packet.slice('42/maintenance,'.length)) as [
          string,
          MaintenanceStatusMessage,
        ];
        this.told.push(status);
      }
    });
  }

  get revisions(): number[] {
    return this.told.map(({ revision }) => revision);
  }

  close(): void {
    this.socket.terminate();
  }
}

const crowdOf = (url: string, count: number) => Array.from({ length: count }, () => new RawClient(url));
const all = (crowd: RawClient[], heard: (client: RawClient) => boolean) =>
  until(() => crowd.every(heard), { timeout: 20_000, what: 'all clients to hear' });

describe.each<[string, MaintenanceRootOptions]>([
  ['with the same message', {}],
  ['in several languages', { translate: (text, language) => `${text} (${language})` }],
  ['who see key data', { permissions: () => true }],
])('more clients than fit into one slice, %s', (_who, options) => {
  it('get every change once', async () => {
    await using app = await createExpressApp({ imports: [MaintenanceModule.forRoot(options)] });
    const service = app.app.get(MaintenanceService);
    const crowd = crowdOf(app.url, 600);
    await all(crowd, ({ told }) => told.length === 1);
    for (const [index, mode] of [true, false, true].entries()) {
      await service.setMaintenance(mode);
      await all(crowd, ({ told }) => told.length === index + 2);
    }
    for (const { revisions, told } of crowd) {
      expect(revisions).toEqual([0, 1, 2, 3]);
      expect(told.map(({ maintenanceMode }) => maintenanceMode)).toEqual([false, true, false, true]);
    }
    crowd.forEach((client) => client.close());
  });

  it('get the last of changes that are faster than they can be sent, and none twice or late', async () => {
    await using app = await createExpressApp({ imports: [MaintenanceModule.forRoot(options)] });
    const service = app.app.get(MaintenanceService);
    const crowd = crowdOf(app.url, 400);
    await all(crowd, ({ told }) => told.length === 1);
    const changes = 41;
    for (let i = 1; i <= changes; i++) {
      await service.setMaintenance(i % 2 === 1);
      // some connect while others are being told
      if (i % 4 === 0) crowd.push(...crowdOf(app.url, 10));
    }
    await all(crowd, ({ revisions }) => revisions.at(-1) === changes);
    // one more, so that whatever was still on its way has arrived before it
    await service.setMaintenance(false);
    await all(crowd, ({ revisions }) => revisions.at(-1) === changes + 1);
    for (const { revisions, told } of crowd) {
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
      expect(told.every(({ revision, maintenanceMode }) => maintenanceMode === (revision % 2 === 1))).toBe(
        true,
      );
    }
    crowd.forEach((client) => client.close());
  });
});

describe('a microservice', () => {
  it('opens no port for an unreachable gateway', async () => {
    @Module({ imports: [MaintenanceModule.forRoot()] })
    class Service {}
    const port = await freePort();
    const listen = vi.spyOn(Server.prototype, 'listen');
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(Service, {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
      logger: false,
    });
    await app.listen();
    expect(listen.mock.calls.map(([first]) => first)).toEqual([port]);
    await app.close();
  });
});
