// A replica with the gateway and a page, on its own or behind Socket.IO's Redis adapter; over Redis, or with its own memory.
import { Controller, Get, Header, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { MaintenanceModule, MaintenanceService, type MaintenanceSetOptions } from 'nestjs-maintenance';
import type { AddressInfo } from 'node:net';
import { answer } from '../support/answer.js';

const { REDIS_URL: redis = '', REFRESH_DELAY = '60000' } = process.env;

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  index(): string {
    return '<!doctype html><html lang="en"><head><title>Shop</title><script src="/maintenance/script"></script></head></html>';
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      ...(redis && { redis }),
      permissions: () => true,
      refreshDelay: Number(REFRESH_DELAY),
    }),
  ],
  controllers: [ShopController],
})
class LiveModule {}

class RedisIoAdapter extends IoAdapter {
  private readonly connection = createAdapter(new Redis(redis), new Redis(redis));

  override createIOServer(...args: Parameters<IoAdapter['createIOServer']>) {
    const server = super.createIOServer(...args);
    server.adapter(this.connection as never);
    return server;
  }
}

const app = await NestFactory.create(LiveModule, { logger: false });
if (process.env.SOCKET_ADAPTER === 'redis') app.useWebSocketAdapter(new RedisIoAdapter(app));
await app.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
const since = Date.now();
const { port } = app.getHttpServer().address() as AddressInfo;
const service = app.get(MaintenanceService);

answer(
  {
    set: (mode: boolean, options?: MaintenanceSetOptions) => service.setMaintenance(mode, 'general', options),
    unset: () => service.unsetMaintenance(),
    revision: () => service.health().revision,
  },
  { port, url: `http://127.0.0.1:${port}`, since },
);
