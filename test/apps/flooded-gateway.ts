// A gateway under attack: a `plain` one of Nest's, or the library's (`library`, or `hanging` with permissions that never answer).
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answer } from '../support/answer.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const [variant] = process.argv.slice(2);
const hanging = () => new Promise<boolean>(() => undefined);

@WebSocketGateway({ namespace: '/maintenance' })
class PlainGateway {
  @SubscribeMessage('ping')
  ping(): void {
    // says nothing
  }
}

@Module(
  variant === 'plain'
    ? { providers: [PlainGateway] }
    : {
        imports: [
          MaintenanceModule.forRoot({
            admin: false,
            permissions: variant === 'hanging' ? hanging : () => false,
          }),
        ],
      },
)
class App {}

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');

answer(
  {
    set: async (mode: boolean, message: string) =>
      void (await app.get(MaintenanceService).setMaintenance(mode, 'general', mode ? { message } : {})),
    heap: () => {
      collect();
      collect();
      return process.memoryUsage().heapUsed;
    },
  },
  { port: (app.getHttpServer().address() as AddressInfo).port },
);
