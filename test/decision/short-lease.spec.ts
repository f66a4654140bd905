import { Controller, Get } from '@nestjs/common';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { expect, it } from 'vitest';
import { createExpressApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

@Controller()
class OrdersController {
  @Get('orders')
  orders(): string {
    return 'orders';
  }
}

it('a replica that loses contact again soon after it had regained it trusts its memory no longer than its lease', async () => {
  const server = await RedisServer.start();
  const proxy = await TcpProxy.start(server);
  try {
    await using running = await createExpressApp({
      imports: [
        MaintenanceModule.forRoot({
          redis: proxy.url,
          keys: [new MaintenanceKey('orders')],
          lease: 500,
          commandTimeout: 1_000,
          onStale: 'block',
          socket: false,
          admin: false,
        }),
      ],
      controllers: [OrdersController],
    });
    const service = running.app.get(MaintenanceService);
    const status = async (): Promise<number> => (await request(running.port, '/orders')).status;
    await until(async () => (await status()) === 200);
    for (let times = 0; times < 3; times++) {
      proxy.pause();
      await until(() => service.health().lease === 0, { interval: 5 });
      expect(await status()).toBe(503);
      proxy.resume();
      // and loses it again as soon as it has been seen to have regained it
      await until(async () => (await status()) === 200, { interval: 5 });
      expect(service.health().up).toBe(true);
    }
  } finally {
    await proxy.stop();
    await server.stop();
  }
}, 60_000);
