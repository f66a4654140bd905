import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { instructions } from './instructions.js';

const app: INestApplication =
  process.env.ADAPTER === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter())
    : await NestFactory.create(AppModule);

// so that Ctrl+C ends what runs under maintain() cleanly
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);

console.log(instructions(app));
