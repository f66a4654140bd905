import { Controller, Get } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ClientProxyFactory, EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { once } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { freePort } from '../support/process.js';

/** What version 11.1.4 brought; `npm run test:matrix` runs the specs on version 11.0.0 itself. */
const LATER = [
  [HttpAdapterHost.prototype, 'init$'],
  [ModulesContainer.prototype, 'getRpcTargetRegistry'],
] as const;
const present = LATER.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name));

beforeAll(() =>
  LATER.forEach(([owner, name]) =>
    Object.defineProperty(owner, name, { value: undefined, configurable: true }),
  ),
);

afterAll(() =>
  LATER.forEach(([owner, name], index) => {
    const descriptor = present[index];
    if (descriptor) Object.defineProperty(owner, name, descriptor);
    else Reflect.deleteProperty(owner, name);
  }),
);

@Controller()
class ShopController {
  @Get('shop')
  shop(): string {
    return 'shop';
  }
}

@Controller()
class NotesController {
  @EventPattern('noted')
  noted(_data: unknown): void {}

  @MessagePattern('ask')
  ask(_data: unknown): string {
    return 'answer';
  }
}

const secret = 'a secret of more than 32 characters';
const source = (options: MaintenanceRootOptions = {}) => ({
  imports: [MaintenanceModule.forRoot({ bypass: { secret }, ...options })],
  controllers: [ShopController, NotesController],
});

describe.each(adapters)('before Nest 11.1.4, on %s', (_name, createApp) => {
  it.each([
    ['an application', source({ coverage: 'site' })],
    ['a testing module', Test.createTestingModule(source({ coverage: 'site' }))],
  ])('%s covers the site, follows links and has live pages', async (_what, module) => {
    await using running = await createApp(module);
    const { app, port, url } = running;
    const service = app.get(MaintenanceService);
    expect((await request(port, '/shop')).status).toBe(200);
    const socket = io(`${url}/maintenance`, { transports: ['websocket'], forceNew: true });
    expect(await once(socket as never, 'status')).toMatchObject([{ maintenanceMode: false }]);
    await service.setMaintenance(true);
    expect(await once(socket as never, 'status')).toMatchObject([{ maintenanceMode: true }]);
    socket.disconnect();
    expect((await request(port, '/shop')).status).toBe(503);
    expect((await request(port, '/nothing')).status).toBe(503);
    const token = service.createBypassToken();
    expect(await request(port, `/nothing?maintenance-bypass=${token}`)).toMatchObject({
      status: 303,
      headers: { location: '/nothing' },
    });
  });

  it('messages are refused, and the start names the events that cannot wait', async () => {
    const options = { host: '127.0.0.1', port: await freePort() };
    await using running = await createApp(source(), async (app) => {
      app.connectMicroservice({ transport: Transport.TCP, options }, { inheritAppConfig: true });
      await app.startAllMicroservices();
    });
    await running.app.get(MaintenanceService).setMaintenance(true);
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    const refusal = firstValueFrom(client.send('ask', ''));
    await expect(refusal).rejects.toMatchObject({ code: 'MAINTENANCE' });
    await client.close();
    const warned = running.log.filter((line) => line.includes('NotesController.noted'));
    expect(warned).toEqual([expect.stringContaining('They can wait from Nest 11.1.4 on.')]);
  });

  it.each(['pass', 'refuse'] as const)('nothing is logged with events: %s', async (events) => {
    await using running = await createApp(source({ events }));
    expect(running.log.filter((line) => line.includes('11.1.4'))).toEqual([]);
  });
});
