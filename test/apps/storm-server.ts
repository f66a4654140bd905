// The gateway under a storm of clients: `bare` Socket.IO, or the library in an application; `asking` has permissions that take time.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Server } from 'socket.io';
import { answer } from '../support/answer.js';

/** What the server held and how it served, in milliseconds and bytes. */
export interface ServerLoad {
  readonly p99: number;
  readonly longest: number;
  readonly cpu: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many questions of the gateway were open at once at most, and how many there were. */
const asked = { open: 0, most: 0, all: 0 };

async function permissions(): Promise<boolean> {
  asked.all++;
  asked.open++;
  asked.most = Math.max(asked.most, asked.open);
  await pause(20);
  asked.open--;
  return false;
}

async function bare(): Promise<{ http: HttpServer; set: (mode: boolean) => Promise<unknown> }> {
  const http = createServer();
  const namespace = new Server(http).of('/maintenance');
  const status = {
    maintenanceMode: false,
    modes: { general: false },
    message: null,
    retryAfter: null,
    until: null,
  };
  let revision = 0;
  namespace.on('connection', (socket) => {
    socket.on('ping', (_query: unknown, ack: (status: object) => void) => ack({ ...status, revision }));
    socket.emit('status', { ...status, revision });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    http,
    set: async (maintenanceMode) =>
      namespace.emit('status', { ...status, maintenanceMode, revision: ++revision }),
  };
}

async function library(
  asking: boolean,
): Promise<{ http: HttpServer; set: (mode: boolean) => Promise<unknown> }> {
  @Module({ imports: [MaintenanceModule.forRoot({ admin: false, ...(asking && { permissions }) })] })
  class App {}
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  const service = app.get(MaintenanceService);
  return { http: app.getHttpServer() as HttpServer, set: (mode) => service.setMaintenance(mode) };
}

const variant = process.argv[2];
const { http, set } = await (variant === 'bare' ? bare() : library(variant === 'asking'));
const connections = new Set<Socket>();
http.on('connection', (connection: Socket) => {
  connections.add(connection);
  connection.once('close', () => connections.delete(connection));
});

const delay = monitorEventLoopDelay({ resolution: 5 });
let begun = process.cpuUsage();

answer(
  {
    set,
    /** Closes all connections at once, but those that came first. */
    drop: (spared: number) => {
      for (const connection of [...connections].slice(spared)) connection.destroy();
    },
    connections: () => connections.size,
    asked: () => asked,
    startMeasuring: () => {
      delay.reset();
      delay.enable();
      begun = process.cpuUsage();
    },
    measured: (): ServerLoad => {
      delay.disable();
      const { user, system } = process.cpuUsage(begun);
      return { p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6, cpu: (user + system) / 1000 };
    },
    heap: () => {
      collect();
      collect();
      return process.memoryUsage().heapUsed;
    },
  },
  { port: (http.address() as AddressInfo).port },
);
