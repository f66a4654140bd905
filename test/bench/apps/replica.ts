// A replica with Redis, which tells when things happened to it on the clock that all processes of a machine share.
import { Controller, Get, Module, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceModule, MaintenanceService } from '../../../lib/index.js';
import { answer } from '../../support/answer.js';

const url = process.argv[2] ?? '';

/** Milliseconds on the monotonic clock of the machine. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

let running = 0;
let lastEnd = 0;

@Controller()
class WorkController {
  @Get()
  async work(@Query('ms') ms = '0'): Promise<object> {
    running++;
    try {
      await delay(Number(ms));
      return {};
    } finally {
      running--;
      lastEnd = now();
    }
  }
}

@Module({
  imports: [MaintenanceModule.forRoot({ redis: url, socket: false, admin: false, commandTimeout: 5_000 })],
  controllers: [WorkController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
const service = app.get(MaintenanceService);
const redis = new Redis(url);
const learned = new Map<number, number>();
/** When it was first on in a window, by the start of that; epoch ms, as this machine's Redis has them too. */
const entered = new Map<number, number>();
service.changes.subscribe(({ revision, to, cause, at }) => {
  if (to && cause === 'window' && service.isInMaintenance().value) {
    entered.set(at.getTime(), performance.timeOrigin + performance.now());
  }
  if (service.isInMaintenance().value === to) {
    learned.set(revision, now());
  }
});

answer(
  {
    /** Milliseconds a GET takes there and back, of a process that was idle before: as one that writes a change was. */
    roundTrip: async () => {
      const begun = now();
      await redis.get('nothing');
      return now() - begun;
    },
    set: async (mode: boolean, acknowledge?: number) => {
      const begun = now();
      const change = await service.setMaintenance(
        mode,
        undefined,
        acknowledge === undefined ? {} : { acknowledge },
      );
      return { begun, took: now() - begun, change };
    },
    /** Plans a window that lasts so long, in so many ms; when it begins. */
    plan: async (ahead: number, duration: number) => {
      const start = new Date(Date.now() + ahead);
      await service.scheduleWindow('general', { start, duration, announce: false });
      return start.getTime();
    },
    windows: () => service.getWindows().length,
    entered: (start: number) => entered.get(start),
    /** When this process knew of a revision. */
    learned: (revision: number) => learned.get(revision),
    running: () => running,
    lastEnd: () => lastEnd,
    maintain: async () => {
      const begun = now();
      const worked = await service.maintain(undefined, () => now(), { drain: 10_000 });
      return { begun, worked };
    },
    replicas: async () => (await service.replicas()).length,
  },
  { port: (app.getHttpServer() as { address(): AddressInfo }).address().port },
);
