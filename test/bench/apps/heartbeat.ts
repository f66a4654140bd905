// A replica that does nothing but exchange with its store: `memory`, `redis URL`, or `bare URL`, which is one in memory beside a client
// that calls a small script once a second.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { MaintenanceModule } from '../../../lib/index.js';
import { answer } from '../../support/answer.js';

const [, , kind, url = ''] = process.argv;

@Module({
  imports: [
    MaintenanceModule.forRoot({ redis: kind === 'redis' ? url : false, socket: false, admin: false }),
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
if (kind === 'bare') {
  const client = new Redis(url);
  const script = (await client.script('LOAD', "return redis.call('TIME')")) as string;
  setInterval(() => void client.evalsha(script, 1, 'key', 'argument'), 1_000);
}

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
