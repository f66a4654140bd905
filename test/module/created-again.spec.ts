import { Module } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe.each(adapters)('applications of one root module, one after another, on %s', (_name, createApp) => {
  it.each(['handlers', 'site'] as const)(
    'leave nothing in memory but the last of them: coverage %s',
    async (coverage) => {
      @Module({ imports: [MaintenanceModule.forRoot({ coverage })] })
      class AppModule {}

      const services: WeakRef<MaintenanceService>[] = [];
      for (let created = 0; created < 5; created++) {
        const { app, port, close } = await createApp(AppModule);
        const service = app.get(MaintenanceService);
        await service.setMaintenance(true);
        expect(await request(port, '/nothing')).toMatchObject({ status: coverage === 'site' ? 503 : 404 });
        services.push(new WeakRef(service));
        await close();
      }
      // a reference that was looked at is kept until the next turn
      await until(async () => {
        await new Promise(setImmediate);
        collect();
        return services.filter((service) => service.deref()).length <= 1;
      });
    },
  );

  it('open no path to sockets but those of their own gateways, whatever the one before spoke', async () => {
    @WebSocketGateway({ path: '/chat' })
    class Chat {}

    @Module({ providers: [Chat] })
    class ChatModule {}

    @Module({ imports: [MaintenanceModule.forRoot(), ChatModule] })
    class AppModule {}

    await using first = await createApp(AppModule);
    expect(await request(first.port, '/socket.io/?EIO=4&transport=polling')).toMatchObject({ status: 200 });
    await using second = await createApp(AppModule, (app) => app.useWebSocketAdapter(new WsAdapter(app)));
    const socket = new WebSocket(`${second.url.replace('http', 'ws')}/chat`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.terminate();
    const elsewhere = new WebSocket(`${second.url.replace('http', 'ws')}/`);
    const refused = await new Promise((resolve) => elsewhere.once('error', resolve).once('open', resolve));
    expect(refused).toBeInstanceOf(Error);
  });
});
