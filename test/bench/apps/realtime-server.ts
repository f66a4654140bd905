// One gateway in a process of its own: `bare` Socket.IO, or the library in an application.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { firstValueFrom, map } from 'rxjs';
import { Server } from 'socket.io';
import { answer } from '../../support/answer.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the library tells, so that both send the same bytes. */
const status = (maintenanceMode: boolean, revision: number) => ({
  maintenanceMode,
  modes: { general: maintenanceMode },
  message: maintenanceMode ? 'Back soon' : null,
  retryAfter: maintenanceMode ? 60 : null,
  until: null,
  revision,
});

/** Tells everybody; gives the time when telling began: writing the change to the store comes before, and is no part of it. */
type Tell = (mode: boolean) => Promise<number>;

/** On the clock that all processes of a machine share, in milliseconds. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

async function bare(): Promise<{ port: number; tell: Tell }> {
  const http = createServer();
  const namespace = new Server(http).of('/maintenance');
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  let revision = 0;
  namespace.on('connection', (socket) => socket.emit('status', status(false, revision)));
  return {
    port: (http.address() as AddressInfo).port,
    tell: async (mode) => {
      const begun = now();
      namespace.emit('status', status(mode, ++revision));
      return begun;
    },
  };
}

async function library(): Promise<{ port: number; tell: Tell }> {
  @Module({ imports: [MaintenanceModule.forRoot({ admin: false })] })
  class App {}
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  const service = app.get(MaintenanceService);
  return {
    port: (app.getHttpServer().address() as AddressInfo).port,
    tell: async (mode) => {
      const known = firstValueFrom(service.changes.pipe(map(now)));
      await service.setMaintenance(mode, 'general', { message: 'Back soon' });
      return known;
    },
  };
}

const { port, tell } = await (process.argv[2] === 'bare' ? bare() : library());

/** CPU time of this process in milliseconds: what a busy machine takes away does not count. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Watches for turns of the event loop that let a timer wait. */
const blocks = {
  timer: undefined as NodeJS.Timeout | undefined,
  begun: 0,
  last: 0,
  longest: 0,
  watch() {
    this.timer = setInterval(() => {
      const now = cpu();
      this.longest = Math.max(this.longest, now - this.last);
      this.last = now;
    }, 1);
  },
  reset() {
    this.begun = this.last = cpu();
    this.longest = 0;
  },
  stop() {
    clearInterval(this.timer);
    return { block: this.longest, cpu: cpu() - this.begun };
  },
};

answer(
  {
    tell: async (mode: boolean) => {
      blocks.watch();
      await pause(10);
      blocks.reset();
      return tell(mode);
    },
    /** What it cost since, in milliseconds. */
    cost: async () => {
      await pause(10);
      return blocks.stop();
    },
    heap: () => {
      collect();
      collect();
      return process.memoryUsage().heapUsed;
    },
  },
  { port },
);
