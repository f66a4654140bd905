// A replica that does nothing but exchange with its store; with an address in Redis, else in memory.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MaintenanceModule } from '../../../lib/index.js';
import { answer } from '../../support/answer.js';

const [, , url] = process.argv;

@Module({
  imports: [MaintenanceModule.forRoot({ redis: url ? url : false, socket: false, admin: false })],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');

answer(
  {
    /** Milliseconds of CPU that this process has used. */
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
  },
  {},
);
