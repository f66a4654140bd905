// The application under soak: it toggles a key as fast as it is told to while requests come, and tells what it holds.
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
} from '../../../lib/index.js';
import { answer } from '../../support/answer.js';

const TOGGLED = 'toggled';

@Controller()
class SoakController {
  @Get()
  async index(): Promise<object> {
    return {};
  }

  @MaintenanceExempt()
  @Get('exempt')
  exempt(): object {
    return {};
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: process.argv[2] ?? '',
      keys: [new MaintenanceKey(TOGGLED, { scope: 'marked' })],
      socket: false,
      admin: false,
    }),
  ],
  controllers: [SoakController],
})
class AppModule {}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as { keepAliveTimeout: number; address(): AddressInfo };
server.keepAliveTimeout = 0;
const service = app.get(MaintenanceService);

let changes = 0;
service.changes.subscribe(() => changes++);

/** Toggles at that rate until the time is over; what takes longer makes it slower, never denser. */
async function toggle(rate: number, ms: number): Promise<number> {
  const begun = performance.now();
  let done = 0;
  for (;;) {
    const elapsed = performance.now() - begun;
    if (elapsed >= ms) {
      return done;
    }
    if (done < (elapsed / 1000) * rate) {
      await service.setMaintenance(done % 2 === 0, TOGGLED, { timeout: 60_000 });
      done++;
    } else {
      await delay(1);
    }
  }
}

const listenersOf = (target: unknown): number => {
  const emitter = target as NodeJS.EventEmitter;
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
};

answer(
  {
    toggle,
    /** What must not grow. */
    holds: () => {
      collect();
      collect();
      const resources = process.getActiveResourcesInfo();
      const count = (kind: RegExp): number => resources.filter((name) => kind.test(name)).length;
      return {
        heap: process.memoryUsage().heapUsed,
        timers: count(/Timeout/),
        sockets: count(/TCPSocket|TCP$/),
        listeners: listenersOf(process) + listenersOf(server),
        changes,
      };
    },
  },
  { port: server.address().port },
);
